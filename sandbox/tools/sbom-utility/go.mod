module acr-secret/sandbox/tools/sbom-utility

go 1.26.0
