// A TCP relay in front of a server, to make the server unreachable, slow or silent.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Relays connections to a local server, from `start` on. The port stays the same after a `stop`. */
export function createRelay(targetPort: number) {
  const sockets = new Set<Socket>()
  let port = 0
  let silent = false
  let delayMs = 0
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true })
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => {
        if (silent) return
        if (delayMs > 0) setTimeout(() => to.write(chunk), delayMs)
        else to.write(chunk)
      })
      from.on('end', () => {
        if (!silent) to.end()
      })
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  return {
    port: () => port,
    start: async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
    /** Closes all connections and refuses new ones. */
    stop: async () => {
      const closed = server.listening && once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    /** Delays data in both directions; set it while no data is in flight, or the order of the data may change. */
    delay: (ms: number) => {
      delayMs = ms
    },
    /** Keeps connections open and drops all data, and the ends of connections too, as if a cable were cut. */
    silence: (value: boolean) => {
      silent = value
    },
  }
}
