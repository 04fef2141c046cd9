import { dashboard, instance } from '../dashboard.ts'
import { graph, stat } from '../panels.ts'
import { quantile, rate } from '../promql.ts'

const perMinute = (metric: string, ...labels: string[]) => `60 * ${rate(metric, instance, ...labels)}`
const today = (metric: string) => `sum(increase(${metric}{${instance}}[1d]))`

export const business = () =>
  dashboard({
    name: 'business',
    title: 'Microposts: business',
    description: 'What users do: sign up, log in, post, follow. Counters increase once, after the commit.',
    variables: ['instance'],
    rows: {
      'The last 24 hours': [
        stat({
          title: 'Sign-ups',
          description: 'Users who signed up in the last 24 hours.',
          unit: 'short',
          decimals: 0,
          expr: today('microposts_user_registered_total'),
        }),
        stat({
          title: 'Posts',
          description: 'Posts created in the last 24 hours.',
          unit: 'short',
          decimals: 0,
          expr: today('microposts_post_created_total'),
        }),
        stat({
          title: 'Posts with a reference',
          description: 'Share of the posts of the last 24 hours that reference a user.',
          unit: 'percentunit',
          expr: `sum(increase(microposts_post_created_total{${instance}, microposts_post_referenced="true"}[1d])) / (${today('microposts_post_created_total')} > 0)`,
        }),
        stat({
          title: 'Successful logins',
          description: 'Share of the login attempts of the last 24 hours that succeeded.',
          unit: 'percentunit',
          expr: `sum(increase(microposts_login_total{${instance}, microposts_login_outcome="success"}[1d])) / (${today('microposts_login_total')} > 0)`,
        }),
      ],
      'Per minute': [
        graph({
          title: 'Posts',
          description:
            'Posts created, edited and deleted per minute. Deleting a user also deletes the posts of that user.',
          unit: 'short',
          queries: {
            created: perMinute('microposts_post_created_total'),
            edited: perMinute('microposts_post_edited_total'),
            deleted: perMinute('microposts_post_deleted_total'),
          },
        }),
        graph({
          title: 'Users',
          description: 'Users who signed up and users deleted, per minute.',
          unit: 'short',
          queries: {
            'signed up': perMinute('microposts_user_registered_total'),
            deleted: perMinute('microposts_user_deleted_total'),
          },
        }),
        graph({
          title: 'Logins by outcome',
          description: 'Login attempts per minute. limited: rejected by the rate limit on logins.',
          unit: 'short',
          stacked: true,
          queries: {
            '{{microposts_login_outcome}}': perMinute('microposts_login_total', 'microposts_login_outcome'),
          },
        }),
        graph({
          title: 'Follows',
          description:
            'Follows created and deleted per minute. Deleting a user also deletes the follows of that user.',
          unit: 'short',
          queries: {
            created: perMinute('microposts_follow_created_total'),
            deleted: perMinute('microposts_follow_deleted_total'),
          },
        }),
        graph({
          title: 'Posts per timeline page',
          description: 'Number of posts in each response that lists a timeline.',
          unit: 'short',
          queries: {
            p50: quantile(0.5, 'microposts_timeline_size', instance),
            p95: quantile(0.95, 'microposts_timeline_size', instance),
          },
        }),
        graph({
          title: 'Stream clients',
          description: 'Clients connected to the stream of their timeline.',
          unit: 'short',
          queries: { clients: `sum(microposts_stream_clients{${instance}})` },
        }),
        graph({
          title: 'Idempotent replays',
          description: 'Repeated requests per minute that got the first response to their Idempotency-Key.',
          unit: 'short',
          queries: { replays: perMinute('microposts_idempotency_replayed_total') },
        }),
      ],
    },
  })
