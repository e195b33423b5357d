// Checks the ad-hoc signature of a macOS program with Go's own Mach-O reader: go run main.go PROGRAM IDENTIFIER
package main

import (
	"bytes"
	"crypto/sha256"
	"debug/macho"
	"encoding/binary"
	"fmt"
	"os"
)

func main() {
	if err := check(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(path, identifier string) error {
	program, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := macho.NewFile(bytes.NewReader(program))
	if err != nil {
		return err
	}
	var offset, size uint32
	for _, load := range file.Loads {
		if raw := load.Raw(); file.ByteOrder.Uint32(raw) == 0x1d {
			offset, size = file.ByteOrder.Uint32(raw[8:]), file.ByteOrder.Uint32(raw[12:])
		}
	}
	link := file.Segment("__LINKEDIT")
	switch {
	case offset == 0:
		return fmt.Errorf("there is no signature")
	case int(offset)+int(size) != len(program):
		return fmt.Errorf("the signature does not end the file")
	case link.Offset+link.Filesz != uint64(len(program)) || link.Memsz < link.Filesz:
		return fmt.Errorf("__LINKEDIT does not hold the signature")
	case file.Segment("NODE_SEA") == nil:
		return fmt.Errorf("there is nothing put into it")
	}
	word := func(at uint32) uint32 { return binary.BigEndian.Uint32(program[at:]) }
	if word(offset) != 0xfade0cc0 || word(offset+8) != 1 || word(offset+12) != 0 {
		return fmt.Errorf("the signature is no single code directory")
	}
	directory := offset + word(offset+16)
	if word(directory) != 0xfade0c02 || word(directory+12) != 2 {
		return fmt.Errorf("the code directory is not ad-hoc")
	}
	name := program[directory+word(directory+20):]
	if got := string(name[:bytes.IndexByte(name, 0)]); got != identifier {
		return fmt.Errorf("it is signed for %s", got)
	}
	limit, pages := word(directory+32), word(directory+28)
	if limit != offset || pages != (limit+4095)/4096 {
		return fmt.Errorf("%d pages up to %d do not reach the signature at %d", pages, limit, offset)
	}
	for page := uint32(0); page < pages; page++ {
		hash := sha256.Sum256(program[page*4096 : min(limit, (page+1)*4096)])
		at := directory + word(directory+16) + page*32
		if !bytes.Equal(hash[:], program[at:at+32]) {
			return fmt.Errorf("page %d is not as it was signed", page)
		}
	}
	fmt.Printf("%d pages, signed for %s\n", pages, identifier)
	return nil
}
