// Links from the live view to the service that it shows.
import { serviceAddress } from '../../lib/telemetry-status.ts'

const loopback = /^(localhost|127\.[\d.]+|\[::1\])$/
const wildcard = /^(0\.0\.0\.0|\[::\])$/

/**
 * HTML with the links. `host` is the Host header of the request: it tells whether the browser can reach an address of
 * this machine. Empty if it cannot, or if the service has reported no address.
 */
export function serviceLinks(host = ''): string {
  const address = serviceAddress()
  if (!address || !URL.canParse(`http://${host}`)) return ''
  const { hostname } = new URL(`http://${host}`)
  const url = new URL(address)
  if (loopback.test(url.hostname) && !loopback.test(hostname)) return ''
  if (wildcard.test(url.hostname)) url.hostname = hostname
  // A URL's origin contains no character that is special in HTML.
  return `<a href="${url.origin}/">Home</a><a href="${url.origin}/docs">API</a>`
}
