"""The callback-widget service Pozvonim (api.md, section 1).

signing   phpsort        pure: the signature, as PHP computes it
protocol                 pure: what is Pozvonim's own in requests and answers
codec                    pure: the service's sites to and from our values
assumed                  what the service's documentation leaves open, in one place
tokens                   one token for all threads
client                   signed requests over `http`, renewed tokens, what a refusal means
reading   provider       the ladder of reads; what planning and applying ask for
doctor                   what `doctor` reports
"""
