module acr-secret/test/release/bill

go 1.25

require github.com/CycloneDX/cyclonedx-go v0.12.0
