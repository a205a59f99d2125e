"""The callback-widget service Pozvonim (api.md, section 1).

signing   phpsort        pure: the signature, as PHP computes it
protocol                 pure: requests and answers as values
codec                    pure: the service's sites to and from our values
retries                  pure: what is repeated, and when
assumed                  what the service's documentation leaves open, in one place
tokens                   one token for all threads
client    failures       the thin HTTP edge; why no answer came
reading   provider       the ladder of reads; what planning and applying ask for
doctor                   what `doctor` reports
"""
