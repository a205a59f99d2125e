"""What there is: fields, canonical values, addresses, resources and states. Pure values."""
