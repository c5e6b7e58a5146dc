// Judges proofs, checkpoints and bundles with golang.org/x/mod/sumdb, the library behind Go's own
// checksum database. Reads one JSON object a line and answers "accept" or "refuse" a line.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type line struct {
	Kind    string
	Proof   []tlog.Hash
	Index   int64
	Size    int64
	OldSize int64 `json:"old_size"`
	Leaf    tlog.Hash
	Root    tlog.Hash
	OldRoot tlog.Hash `json:"old_root"`
	Origin  string
	Text    string
	Vkey    string
	Dir     string
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		text, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		if err := judge(text); err != nil {
			fmt.Fprintln(out, "refuse")
		} else {
			fmt.Fprintln(out, "accept")
		}
	}
}

func judge(text []byte) error {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	switch l.Kind {
	case "inclusion":
		return tlog.CheckRecord(l.Proof, l.Size, l.Root, l.Index, l.Leaf)
	case "consistency":
		return tlog.CheckTree(l.Proof, l.Size, l.Root, l.OldSize, l.OldRoot)
	case "checkpoint":
		tree, origin, err := checkpoint(l.Text, l.Vkey)
		if err == nil && (tree.N != l.Size || tree.Hash != l.Root || origin != l.Origin) {
			err = errors.New("another checkpoint")
		}
		return err
	case "bundle":
		return bundle(l.Dir, l.Vkey)
	}
	return errors.New("unknown kind")
}

func checkpoint(text, vkey string) (tree tlog.Tree, origin string, err error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tree, origin, errors.New("not three lines")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, lines[0], err
}

// folder reads the tiles of a bundle. Go puts the height of tiles in their path, C2SP does not.
type folder string

func (f folder) Height() int                         { return 8 }
func (f folder) SaveTiles(t []tlog.Tile, d [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func bundle(dir, vkey string) error {
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	tree, _, err := checkpoint(string(text), vkey)
	if err != nil {
		return err
	}
	// This reader checks every tile it reads against the signed root.
	hashes := tlog.TileHashReader(tree, folder(dir))
	for start := int64(0); start < tree.N; start += 256 {
		width := tree.N - start
		if width > 256 {
			width = 256
		}
		tile := tlog.Tile{H: 8, L: -1, N: start / 256, W: int(width)}
		path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
		entries, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		for i := start; i < start+width; i++ {
			if len(entries) < 2 || len(entries) < 2+int(binary.BigEndian.Uint16(entries)) {
				return errors.New("cut short")
			}
			end := 2 + int(binary.BigEndian.Uint16(entries))
			read, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
			if err != nil {
				return err
			}
			if read[0] != tlog.RecordHash(entries[2:end]) {
				return fmt.Errorf("entry %d is not %s", i, base64.StdEncoding.EncodeToString(read[0][:]))
			}
			entries = entries[end:]
		}
		if len(entries) != 0 {
			return errors.New("too long")
		}
	}
	return nil
}
