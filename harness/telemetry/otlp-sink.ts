// An OTLP receiver for all three protocols, on free ports, that keeps every push.
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js'
import { decodeJson, decodeProtobuf, type Push } from './otlp-decoder.ts'

export type Received = { path: string; headers: Record<string, unknown>; push: Push }
type Tls = { cert: Buffer; key: Buffer }
type Options = { tls?: Tls; port?: number; discard?: boolean }

/**
 * `received` grows with every push, unless `discard` is set: a benchmark should not spend its CPU time on decoding.
 * `port` is the HTTP port. With `tls`, plain connections fail.
 */
export async function startCollector({ tls, port = 0, discard = false }: Options = {}) {
  const received: Received[] = []
  const http = await startHttp(discard ? undefined : received, port, tls)
  const grpc = await startGrpc(received, tls)
  const scheme = tls ? 'https' : 'http'
  return {
    received,
    httpUrl: `${scheme}://localhost:${http.port}`,
    grpcUrl: `${scheme}://localhost:${grpc.port}`,
    stop: () => {
      http.stop()
      grpc.stop()
    },
  }
}

async function startHttp(received: Received[] | undefined, port: number, tls: Tls | undefined) {
  const listener = async (request: IncomingMessage & { url?: string }) => {
    const { headers, url = '' } = request
    const sent = await buffer(request)
    if (!received) return
    const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
    const decode = headers['content-type'] === 'application/json' ? decodeJson : decodeProtobuf
    received.push({ path: url, headers, push: decode(body) })
  }
  const server = tls ? createTlsServer(tls) : createServer()
  server.on('request', async (request, response) => {
    await listener(request)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  const stop = () => {
    server.close()
    server.closeAllConnections()
  }
  return { port: (server.address() as AddressInfo).port, stop }
}

const path = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'

async function startGrpc(received: Received[], tls: Tls | undefined) {
  const server = new GrpcServer()
  const raw = (bytes: Buffer) => bytes
  const method = { path, requestStream: false, responseStream: false }
  const codecs = {
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
  }
  server.addService(
    { export: { ...method, ...codecs } },
    {
      export: (
        call: { request: Buffer; metadata: { getMap(): object } },
        done: (error: null, reply: Buffer) => void,
      ) => {
        received.push({ path, headers: { ...call.metadata.getMap() }, push: decodeProtobuf(call.request) })
        done(null, Buffer.alloc(0))
      },
    },
  )
  const credentials = tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: tls.cert, private_key: tls.key }])
    : ServerCredentials.createInsecure()
  const bind = promisify(server.bindAsync.bind(server))
  const port = await bind('localhost:0', credentials)
  return { port, stop: () => server.forceShutdown() }
}
