// Encodes protobuf messages from their last byte to their first, so that the length of a message is known when it is
// written in front of it. Fields are therefore written in reverse order.
// https://protobuf.dev/programming-guides/encoding/

const wireTypes = { varint: 0, fixed64: 1, length: 2 } as const

export type Encoder = ReturnType<typeof createEncoder>

export function createEncoder(size = 65_536) {
  let buffer = Buffer.allocUnsafe(size)
  /** The index of the first byte written. */
  let start = size

  function reserve(bytes: number) {
    if (bytes <= start) return
    const written = buffer.length - start
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, written + bytes))
    buffer.copy(larger, larger.length - written, start)
    start = larger.length - written
    buffer = larger
  }

  /** A whole number from 0 to 2^53. */
  function varint(value: number) {
    let bytes = 1
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++
    reserve(bytes)
    start -= bytes
    let index = start
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[index++] = (rest % 128) + 128
    buffer[index] = rest
  }

  const tag = (field: number, type: keyof typeof wireTypes) => varint(field * 8 + wireTypes[type])

  function bytes(value: Uint8Array) {
    reserve(value.length)
    start -= value.length
    buffer.set(value, start)
  }

  return {
    bytes,

    /** The number of bytes written so far; a message begins where its last byte will be. */
    written: () => buffer.length - start,

    uint(field: number, value: number) {
      varint(value)
      tag(field, 'varint')
    },

    /** A signed number in ZigZag encoding (sint32, sint64). */
    sint(field: number, value: number) {
      varint(value < 0 ? -2 * value - 1 : 2 * value)
      tag(field, 'varint')
    },

    double(field: number, value: number) {
      reserve(8)
      start -= 8
      buffer.writeDoubleLE(value, start)
      tag(field, 'fixed64')
    },

    /** Lone surrogates become U+FFFD. */
    text(field: number, value: string) {
      const length = Buffer.byteLength(value)
      reserve(length)
      start -= length
      buffer.write(value, start)
      varint(length)
      tag(field, 'length')
    },

    /** Ends the message that began when `end` bytes were written. */
    message(field: number, end: number) {
      varint(buffer.length - start - end)
      tag(field, 'length')
    },

    /** Writes the length of everything so far, as in a stream of delimited messages. */
    delimit: () => varint(buffer.length - start),

    /** Returns a copy of what was written after `end` bytes. */
    copySince: (end: number): Buffer => Buffer.from(buffer.subarray(start, buffer.length - end)),

    /** Returns a copy of everything so far, and starts again. */
    take(): Buffer {
      const taken = Buffer.from(buffer.subarray(start))
      start = buffer.length
      return taken
    },
  }
}
