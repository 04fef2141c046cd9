// A service on Express, whose routes are in a router of their own. Express itself sets what telemetry reads.
import { createServer } from 'node:http'
import express from 'express'
import { listen } from './listening.ts'

const things = express.Router().get('/things/:id', (_request, response) => void response.send('a thing'))
const app = express()
app.get('/plain', (_request, response) => void response.send('plain'))
// A mount path with a parameter: `baseUrl` is what the client sent.
app.use('/tenants/:tenant', things)
app.use('/api', things)
listen(createServer(app))
