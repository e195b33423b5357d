// Reads a bill of materials with CycloneDX's own Go library: go run . FILE. Prints its specification, and each component's purl.
package main

import (
	"fmt"
	"os"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if err := read(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	bom := new(cdx.BOM)
	if err := cdx.NewBOMDecoder(file, cdx.BOMFileFormatJSON).Decode(bom); err != nil {
		return err
	}
	fmt.Println(bom.BOMFormat, bom.SpecVersion)
	known := map[string]bool{bom.Metadata.Component.BOMRef: true}
	for _, component := range *bom.Components {
		fmt.Println(component.PackageURL)
		known[component.BOMRef] = true
	}
	for _, dependency := range *bom.Dependencies {
		for _, ref := range append(*dependency.Dependencies, dependency.Ref) {
			if !known[ref] {
				return fmt.Errorf("%s depends on what is no component", ref)
			}
		}
	}
	return nil
}
