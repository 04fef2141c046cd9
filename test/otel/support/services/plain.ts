// A service on node:http alone, with a path for each way in which a request can end.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from './listening.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

let waiting: ServerResponse | undefined

const routes: Record<string, Handler> = {
  '/things/:id': (_request, response) => response.end('a thing'),
  '/failed': (_request, response) => response.writeHead(503).end(),
  '/written-after-end': (_request, response) => {
    response.on('error', () => undefined)
    response.end('complete')
    response.write('more')
  },
  '/written-after-end-twice': (_request, response) => {
    response.on('error', () => undefined)
    response.end('complete')
    response.write('more')
    response.write('and more')
  },
  '/destroyed': (_request, response) => {
    response.writeHead(200, { 'Content-Length': 100 }).write('half')
    response.destroy(new Error('a bug of the service'))
  },
  '/error-without-response': (_request, response) => {
    response.on('error', () => response.destroy())
    response.emit('error', new Error('a bug of the service'))
  },
  '/waiting': (_request, response) => {
    waiting = response.on('error', () => response.destroy())
    waiting.writeProcessing()
  },
  '/fail-waiting': (_request, response) => {
    waiting?.emit('error', new Error('a bug of the service'))
    response.end('failed')
  },
  '/thrown': () => {
    throw new Error('a bug of the service')
  },
  '/stream': (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: one\n\n')
  },
  '/failing-stream': (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: one\n\n')
    response.destroy(new Error('a bug of the service'))
  },
  '/body': (request, response) => void request.resume().once('end', () => response.end('read')),
  '/silent': (_request, response) => void response.writeHead(200).flushHeaders(),
}

const server = createServer((request: IncomingMessage & { route?: string }, response) => {
  const path = request.url?.replace(/^\/things\/\w+$/, '/things/:id') ?? ''
  const handler = routes[path]
  if (!handler) return response.writeHead(404).end()
  request.route = path
  handler(request, response)
})
// Otherwise the error of /thrown would end the process.
process.on('uncaughtException', () => server.closeAllConnections())
listen(server)
