"""The callback-widget service Pozvonim (api.md, section 1).

signing   phpsort        pure: the signature, as PHP computes it
protocol                 pure: requests and answers as values
codec                    pure: the service's sites to and from our values
retries                  pure: what is repeated, and when
assumed                  what the service's documentation leaves open, in one place
tokens    client         a token for all threads; the thin HTTP edge
provider  doctor         what planning and applying ask for; what `doctor` reports
"""
