// A service on Fastify.
import Fastify from 'fastify'
import { logListening } from './listening.ts'

const app = Fastify()
app.addHook('onRequest', async (request) => {
  Object.assign(request.raw, { route: request.routeOptions.url })
})
app.get('/things/:id', () => 'a thing')
await app.listen({ port: 0, host: 'localhost' })
logListening(app.server)
process.once('SIGTERM', () => app.close())
