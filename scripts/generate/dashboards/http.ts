import { dashboard, instance, route } from '../dashboard.ts'
import { graph } from '../panels.ts'
import { quantile, rate } from '../promql.ts'
import { latencySeconds } from '../slo.ts'

const duration = 'http_server_request_duration_seconds'
const timed = `${route}, http_route!="/api/users/:username/timeline/stream"`
const failed = 'http_response_status_code=~"5.."'

export const http = () =>
  dashboard({
    name: 'http',
    title: 'Microposts: HTTP',
    description: 'Requests by route, method and status: how many, how long, how large, and what was refused.',
    variables: ['instance', 'route'],
    rows: {
      Rate: [
        graph({
          title: 'By route',
          description: 'Requests a second. Without a name: no route matched (404, 405, OPTIONS).',
          unit: 'reqps',
          queries: { '{{http_route}}': rate(`${duration}_count`, route, 'http_route') },
        }),
        graph({
          title: 'By method',
          description: 'Requests a second. _OTHER: a method that HTTP does not know.',
          unit: 'reqps',
          stacked: true,
          queries: { '{{http_request_method}}': rate(`${duration}_count`, route, 'http_request_method') },
        }),
        graph({
          title: 'By status',
          description: 'Answers a second. 499: the client gave up before the answer.',
          unit: 'reqps',
          stacked: true,
          queries: {
            '{{http_response_status_code}}': rate(`${duration}_count`, route, 'http_response_status_code'),
          },
        }),
      ],
      Duration: [
        graph({
          title: 'Quantiles of all chosen routes',
          description:
            'Without the stream, which lasts as long as its client likes. The line is the objective for p99.',
          unit: 's',
          limit: latencySeconds,
          queries: {
            p50: quantile(0.5, duration, timed),
            p95: quantile(0.95, duration, timed),
            p99: quantile(0.99, duration, timed),
          },
        }),
        graph({
          title: 'p95 by route',
          description: 'Nineteen of twenty requests take less. The line is the objective for p99.',
          unit: 's',
          limit: latencySeconds,
          queries: { '{{http_route}}': quantile(0.95, duration, timed, 'http_route') },
        }),
        graph({
          title: 'Apdex by route',
          description:
            'From 1 (all satisfied: within 250 ms) to 0 (all frustrated: over a second, or a 5xx), all instances together.',
          unit: 'percentunit',
          max: 1,
          queries: { '{{http_route}}': 'job_route:http_server_apdex:ratio_rate5m{http_route=~"$route"}' },
        }),
      ],
      'Failures and refusals': [
        graph({
          title: '5xx by route',
          description: 'Answers a second that are failures of the service.',
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
          description: 'What became a 5xx, in the time of a step. The log has each with its stack.',
          unit: 'short',
          queries: {
            '{{error_type}} {{http_route}}': `sum by (error_type, http_route) (increase(microposts_exception_total{${route}}[$__rate_interval])) > 0`,
          },
        }),
        graph({
          title: 'Refused by reason',
          description:
            'Requests a second that never reached their handler: a limit, overload, too large a body, not HTTP.',
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
      'Under way, and sizes': [
        graph({
          title: 'Being answered',
          description: 'Requests that have come and whose answer has not ended, streams among them.',
          unit: 'short',
          queries: { '{{instance}}': `sum by (instance) (http_server_active_requests{${instance}})` },
        }),
        graph({
          title: 'Request bodies, p95',
          description: 'Size by route; requests without a body do not count.',
          unit: 'bytes',
          queries: {
            '{{http_route}}': quantile(0.95, 'http_server_request_body_size_bytes', route, 'http_route'),
          },
        }),
        graph({
          title: 'Response bodies, p95',
          description: 'Size by route, as sent.',
          unit: 'bytes',
          queries: {
            '{{http_route}}': quantile(0.95, 'http_server_response_body_size_bytes', route, 'http_route'),
          },
        }),
      ],
    },
  })
