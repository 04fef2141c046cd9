/** What a person sees who opens the endpoint in a browser. */
export const INDEX_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>microposts metrics</title>
<p>This port serves the metrics of a microposts service to Prometheus: <a href="/metrics">/metrics</a>.
</html>
`
