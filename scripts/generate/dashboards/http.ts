import { dashboard, instance, route } from '../dashboard.ts'
import { graph } from '../panels.ts'
import { quantile, quantiles, rate } from '../promql.ts'
import { latencySeconds, streamRoute } from '../slo.ts'

const duration = 'http_server_request_duration_seconds'
const timed = `${route}, http_route!="${streamRoute}"`
const failed = 'http_response_status_code=~"5.."'

export const http = () =>
  dashboard({
    name: 'http',
    title: 'Microposts: HTTP',
    description: 'Requests by route, method and status: rate, duration, size, failures and rejections.',
    variables: ['instance', 'route'],
    rows: {
      Rate: [
        graph({
          title: 'By route',
          description:
            'Requests per second. The series without a name are requests that match no route (404, 405, OPTIONS).',
          unit: 'reqps',
          queries: { '{{http_route}}': rate(`${duration}_count`, route, 'http_route') },
        }),
        graph({
          title: 'By method',
          description: 'Requests per second. _OTHER: a method that HTTP does not define.',
          unit: 'reqps',
          stacked: true,
          queries: { '{{http_request_method}}': rate(`${duration}_count`, route, 'http_request_method') },
        }),
        graph({
          title: 'By status',
          description: 'Responses per second. 499: the client disconnected before the response was complete.',
          unit: 'reqps',
          stacked: true,
          queries: {
            '{{http_response_status_code}}': rate(`${duration}_count`, route, 'http_response_status_code'),
          },
        }),
      ],
      Duration: [
        graph({
          title: 'Quantiles of the selected routes',
          description:
            'Excludes the timeline stream, which stays open for as long as its client wants. The line is the objective for p99.',
          unit: 's',
          limit: latencySeconds,
          queries: quantiles(duration, timed),
        }),
        graph({
          title: 'p95 by route',
          description: '95 % of the requests take less time. The line is the objective for p99.',
          unit: 's',
          limit: latencySeconds,
          queries: { '{{http_route}}': quantile(0.95, duration, timed, 'http_route') },
        }),
        graph({
          title: 'Apdex by route',
          description:
            '1: every request was served within 250 ms. 0: every request took over a second or failed with a 5xx. All instances together.',
          unit: 'percentunit',
          max: 1,
          queries: { '{{http_route}}': 'job_route:http_server_apdex:ratio_rate5m{http_route=~"$route"}' },
        }),
      ],
      'Failures and rejections': [
        graph({
          title: '5xx by route',
          description: 'Responses per second with a 5xx status: failures of the service.',
          unit: 'reqps',
          stacked: true,
          queries: {
            '{{http_route}} {{http_response_status_code}}': rate(
              `${duration}_count`,
              `${route}, ${failed}`,
              'http_route',
              'http_response_status_code',
            ),
          },
        }),
        graph({
          title: 'Exceptions by type and route',
          description:
            'Exceptions that became a 5xx, per step of the graph. The log has each with its stack trace.',
          unit: 'short',
          queries: {
            '{{error_type}} {{http_route}}': `sum by (error_type, http_route) (increase(microposts_exception_total{${route}}[$__rate_interval])) > 0`,
          },
        }),
        graph({
          title: 'Rejected by reason',
          description:
            'Requests per second that were rejected before their handler ran: over a rate limit, overload, body too large, or malformed. Overload is every 503 of admission control, and also more logins or streams than the service takes.',
          unit: 'reqps',
          queries: {
            '{{microposts_rejection_reason}}': rate(
              'microposts_request_rejected_total',
              instance,
              'microposts_rejection_reason',
            ),
          },
        }),
      ],
      'Active requests and sizes': [
        graph({
          title: 'Active requests',
          description: 'Requests whose response is not complete, including open streams.',
          unit: 'short',
          queries: { '{{instance}}': `sum by (instance) (http_server_active_requests{${instance}})` },
        }),
        graph({
          title: 'Request bodies, p95',
          description: 'Size by route. Requests without a body are excluded.',
          unit: 'bytes',
          queries: {
            '{{http_route}}': quantile(0.95, 'http_server_request_body_size_bytes', route, 'http_route'),
          },
        }),
        graph({
          title: 'Response bodies, p95',
          description: 'Size by route, as sent. Responses without a body are excluded.',
          unit: 'bytes',
          queries: {
            '{{http_route}}': quantile(0.95, 'http_server_response_body_size_bytes', route, 'http_route'),
          },
        }),
      ],
    },
  })
