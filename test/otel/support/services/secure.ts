// A service on node:https.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { listen } from './listening.ts'

const pem = (name: string) => readFileSync(new URL(`../tls/${name}.pem`, import.meta.url))

const server = createServer({ key: pem('localhost-key'), cert: pem('localhost') }, (request, response) => {
  Object.assign(request, { route: '/' })
  response.end('a thing')
})
listen(server, 'https')
