package core

// extension is what few records have. It stands in front of a record of plainVersion:
//
//	0      extendedVersion
//	1      length of the parts in bytes
//	2..    the parts: a byte for the kind, one for the length, the value
//
// A part of an unknown kind is another release's, so the whole record counts as no
// session, as one of an unknown version does.
type extension struct {
	// generation of the person's sessions; see Config.LogoutEverywhere. "" for none.
	generation string
}

// partGeneration is the kind of extension.generation.
const partGeneration = 'g'

// encode returns nothing for an empty extension: the record is then of plainVersion.
func (e extension) encode() []byte {
	if e.generation == "" {
		return nil
	}
	b := []byte{extendedVersion, 0}
	b = append(b, partGeneration, byte(len(e.generation)))
	b = append(b, e.generation...)
	b[1] = byte(len(b) - 2)
	return b
}

// cutExtension cuts the extension off a record. A record without one has an empty one. ok
// is false for what cannot be read. Nothing is copied.
func cutExtension(b string) (e extension, rest string, ok bool) {
	if b == "" || b[0] != extendedVersion {
		return extension{}, b, true
	}
	if len(b) < 2 || len(b) < 2+int(b[1]) {
		return extension{}, "", false
	}
	parts, rest := b[2:2+int(b[1])], b[2+int(b[1]):]
	for parts != "" {
		if len(parts) < 2 || len(parts) < 2+int(parts[1]) {
			return extension{}, "", false
		}
		kind, value := parts[0], parts[2:2+int(parts[1])]
		parts = parts[2+int(parts[1]):]
		switch kind {
		case partGeneration:
			e.generation = value
		default:
			return extension{}, "", false
		}
	}
	return e, rest, true
}
