// Where the live view of the metrics is. The service knows the address that it listens on; a browser elsewhere may not be
// able to reach it.

const loopback = /^(localhost|127\.[\d.]+|\[::1\])$/
const wildcard = /^(0\.0\.0\.0|\[::\])$/

/** The address of the live view; undefined if it is off or listens on another machine's loopback address. */
export function liveViewAddress() {
  const content = document.querySelector('meta[name=live-view]')?.getAttribute('content')
  if (!content) return undefined
  const url = new URL(content)
  if (loopback.test(url.hostname)) return loopback.test(location.hostname) ? url.href : undefined
  if (wildcard.test(url.hostname)) url.hostname = location.hostname
  return url.href
}
