"""The plan in the pull request: what the actions for GitHub and the template for GitLab run, as
`python -P -m reconcile.review`.

    commands   plan, comment, apply, drift, validate: options in, exit code out; prints
    running    the program itself, as a process of its own, without the forge's token
    flow       what becomes of a plan: found again after the merge, compared, applied, told
    sticky     one comment that is found again, and one issue
    texts      what they say                                            pure
    marker     the hidden line by which they are found                  pure
    forge      what a forge is: GitHub and GitLab behind one protocol
    github, gitlab     each: the job's environment, and the calls
    api        the way there: retries, limits, pages, errors

A plan's values come from files of the project and from services; a comment's from anybody. None of them is trusted to
be anything but text.
"""
