"""The callback service Chaser (api.md, section 2): websites are read, calls are made and counted; nothing is changed.

capabilities             what its API does, as data
signing                  pure: the key of a request
protocol                 pure: signed requests
codec                    pure: the service's websites and calls to our values
ordering                 pure: our calls to its parameters
assumed                  what the service's documentation leaves open, in one place
client                   signed requests over `http`, and what a refusal means
provider  activities     what planning asks for; calls and statistics
doctor                   what `doctor` reports
"""
