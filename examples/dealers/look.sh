#!/bin/sh
# The gate between two waves: gets the wave's report as JSON, and says no with any exit code but 0. This one only counts what
# was done; yours may open a page of each site, or ask your monitoring.
number=$(grep -c '"outcome": "done"')
echo "$number sites have the change"
[ "$number" -gt 0 ]
