/** Whether the client accepts gzip and does not prefer the plain body (RFC 9110, section 12.5.3). */
export function prefersGzip(acceptEncoding = ''): boolean {
  const qualities = new Map(
    acceptEncoding.split(',').map((coding) => {
      const [name = '', quality = '1'] = coding.toLowerCase().split(/;\s*q=/)
      return [name.trim(), Number(quality)]
    }),
  )
  const gzip = qualities.get('gzip') ?? qualities.get('x-gzip') ?? qualities.get('*') ?? 0
  return gzip > 0 && gzip >= (qualities.get('identity') ?? 0)
}
