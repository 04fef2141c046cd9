// Connects pg to PGlite inside this process, so that both databases use the same driver, pool and Prisma adapter.
import { Duplex } from 'node:stream'
import type { PGlite } from '@electric-sql/pglite'
import { withoutPrematureReady } from './premature-ready.ts'

/**
 * A stream that speaks PostgreSQL's wire protocol with PGlite, for the `stream` option of `pg`.
 *
 * PGlite has one session, so use one socket at a time (a pool of one). Each socket starts with a clean session, without
 * the transaction, settings and prepared statements of the previous one. `onCrash` is called when PGlite itself fails,
 * after which no statement can succeed; errors of statements are ordinary responses.
 */
export function createPgliteSocket(pglite: PGlite, onCrash: (error: Error) => void = () => {}): Duplex {
  const socket = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => respond(chunk, done),
    writev: (chunks, done) => respond(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final: (done) => {
      socket.push(null)
      done()
    },
  })

  function respond(messages: Buffer, done: (error?: Error | null) => void): void {
    // PGlite blocks this thread. One turn of the event loop per response lets the HTTP server read its sockets while
    // statements are queued, and ensures that `pg` gets no response before its write has returned.
    setImmediate(async () => {
      try {
        const response = isStartup(messages) ? await startSession(pglite) : await execute(pglite, messages)
        if (response.length > 0) socket.push(response)
        done()
      } catch (thrown) {
        // Emscripten throws an ExitStatus, which is not an Error.
        const error = thrown instanceof Error ? thrown : new Error('PGlite ended', { cause: thrown })
        onCrash(error)
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

/** A startup packet begins with its length; every later message begins with a type byte, which is never 0. */
const isStartup = (messages: Buffer) => messages[0] === 0

/**
 * Resets the session and returns AuthenticationOk and ReadyForQuery (PostgreSQL documentation, 54.7 "Message Formats").
 * PGlite does not see the startup packet: version 0.5.8 exits when it does not know the user.
 */
async function startSession(pglite: PGlite): Promise<Buffer> {
  for (const statement of ['ROLLBACK', 'DISCARD ALL']) await execute(pglite, queryMessage(statement))
  return Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])
}

/**
 * Sends messages to PGlite and returns its response. PGlite's simpler `execProtocolRaw` also parses each response, and
 * version 0.5.8 never frees what it parsed.
 */
async function execute(pglite: PGlite, messages: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = []
  // Copied, because the next response overwrites this memory.
  const onRawData = (bytes: Uint8Array) => chunks.push(Buffer.from(bytes))
  await pglite.execProtocolRawStream(messages, { syncToFs: false, onRawData })
  return withoutPrematureReady(messages, Buffer.concat(chunks))
}

function queryMessage(statement: string): Buffer {
  const message = Buffer.from(`Q....${statement}\0`)
  message.writeInt32BE(message.length - 1, 1)
  return message
}
