// A socket to PGlite inside this process, so that the driver, its pool, its prepared statements and Prisma's adapter
// are the same on both databases.
import { Duplex } from 'node:stream'
import type { PGlite } from '@electric-sql/pglite'
import { withoutPrematureReady } from './premature-ready.ts'

/**
 * A stream that speaks PostgreSQL's wire protocol with PGlite, as `pg` expects of a socket.
 *
 * PGlite is one session: use one socket at a time (a pool of one). Each socket finds the session as a new connection
 * would, without the transaction, settings and prepared statements of the one before. `onStop` hears when PGlite itself
 * failed (errors in statements are answers like others): it will not answer again.
 */
export function connectTo(pglite: PGlite, onStop: (error: Error) => void = () => {}): Duplex {
  const socket = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => answer(chunk, done),
    writev: (chunks, done) => answer(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final: (done) => {
      socket.push(null)
      done()
    },
  })

  function answer(messages: Buffer, done: (error?: Error | null) => void): void {
    // PGlite computes in this thread. A turn of the event loop before each answer lets the server's own sockets
    // be heard while statements queue up, and keeps `pg` from being called back before its own call returned.
    setImmediate(async () => {
      try {
        const reply = isStartup(messages) ? await startSession(pglite) : await ask(pglite, messages)
        if (reply.length > 0) socket.push(reply)
        done()
      } catch (thrown) {
        // It throws what is no Error, too: Emscripten's ExitStatus.
        const error = thrown instanceof Error ? thrown : new Error('PGlite ended', { cause: thrown })
        onStop(error)
        done(error)
      }
    })
  }

  return Object.assign(socket, {
    connect: () => setImmediate(() => socket.emit('connect')),
    setNoDelay: () => {},
    setKeepAlive: () => {},
    ref: () => {},
    unref: () => {},
  })
}

/** Only the first message of a connection has no type byte and begins with its length. */
const isStartup = (messages: Buffer) => messages[0] === 0

/**
 * Answered here: PGlite 0.5.8 ends its process on a startup packet for a user it does not know.
 * AuthenticationOk and ReadyForQuery (PostgreSQL documentation, 54.7 "Message Formats").
 */
async function startSession(pglite: PGlite): Promise<Buffer> {
  for (const statement of ['ROLLBACK', 'DISCARD ALL']) await ask(pglite, simpleQuery(statement))
  return Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])
}

/**
 * What PGlite replies. Not by its `execProtocolRaw`, which also parses each reply and in 0.5.8 keeps what it parsed as
 * long as the process lives.
 */
async function ask(pglite: PGlite, messages: Buffer): Promise<Buffer> {
  const parts: Buffer[] = []
  // The bytes are PGlite's own memory, which the next reply overwrites.
  const onRawData = (bytes: Uint8Array) => parts.push(Buffer.from(bytes))
  await pglite.execProtocolRawStream(messages, { syncToFs: false, onRawData })
  return withoutPrematureReady(messages, Buffer.concat(parts))
}

function simpleQuery(statement: string): Buffer {
  const body = Buffer.from(`Q....${statement}\0`)
  body.writeInt32BE(body.length - 1, 1)
  return body
}
