"""What every service over HTTP has in common; a service adds how it signs, and what its refusals mean.

query                pure: PHP's `http_build_query`, which the services sign
protocol             pure: requests and answers as values
shapes               pure: lists, objects and ids, however they come
retries              pure: what is repeated, and when
words                pure: what may be said of requests and answers, without their secrets
clock                pure: whether the service's clock agrees with ours
edges                pure: what else there is of the world, as one value: clocks, pauses, chance
limiter  circuit     how fast an account's requests follow each other; when so many have failed that its run ends
transport  failures  the thin HTTP edge; why no answer came
bounded              connections on which no answer takes for ever
"""
