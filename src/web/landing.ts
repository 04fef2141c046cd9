// What is at `/`: where to go from here.
import { route } from '../http/endpoint.ts'
import { htmlPage, pageReply } from './html-page.ts'

const body = `<h1>microposts</h1>
<p>Accounts, short posts that may reference a user, follows, timelines and search, as an API over HTTP.</p>
<table>
<tr><td><a href="/docs">/docs</a><td>Every request and answer, to read and to try.
<tr><td><a href="/openapi.json">/openapi.json</a><td>The same for programs: OpenAPI 3.1.
<tr><td><a href="/problems">/problems</a><td>What each kind of failure means.
<tr><td><a href="/readyz">/readyz</a><td>Whether requests can be answered now.
</table>
<p>Its measurements are for Prometheus, at <code>/metrics</code> of a port of their own: 9464, unless it was set otherwise.</p>`

export function landingRoute() {
  return route(
    {
      method: 'GET',
      path: '/',
      auth: 'none',
      summary: 'Find the way',
      tag: 'Documentation',
      replies: { 200: pageReply },
    },
    () => htmlPage({ title: 'microposts', body }),
  )
}
