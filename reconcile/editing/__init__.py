"""The files of a project as text that people wrote: laid out, and edited without touching what is not meant."""
