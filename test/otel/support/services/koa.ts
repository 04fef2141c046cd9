// A service on Koa and its router.
import { createServer } from 'node:http'
import { Router } from '@koa/router'
import Koa from 'koa'
import { listen } from './listening.ts'

const router = new Router().get('/things/:id', (ctx) => {
  ctx.body = 'a thing'
})
const app = new Koa()
app.use((ctx, next) => {
  Object.defineProperty(ctx.req, 'route', { get: () => ctx.routerPath })
  return next()
})
app.use(router.routes())
listen(createServer(app.callback()))
