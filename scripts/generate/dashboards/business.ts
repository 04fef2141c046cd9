import { dashboard, instance } from '../dashboard.ts'
import { figure, graph } from '../panels.ts'
import { quantile, rate } from '../promql.ts'

const perMinute = (metric: string, ...labels: string[]) => `60 * ${rate(metric, instance, ...labels)}`
const today = (metric: string) => `sum(increase(${metric}{${instance}}[1d]))`

export const business = () =>
  dashboard({
    name: 'business',
    title: 'Microposts: business',
    description: 'What people do: sign up, log in, post. Counted after the commit, once.',
    variables: ['instance'],
    rows: {
      'The last 24 hours': [
        figure({
          title: 'Signed up',
          description: 'Users of the last 24 hours.',
          unit: 'short',
          decimals: 0,
          expr: today('microposts_user_registered_total'),
        }),
        figure({
          title: 'Posts',
          description: 'Posts of the last 24 hours.',
          unit: 'short',
          decimals: 0,
          expr: today('microposts_post_created_total'),
        }),
        figure({
          title: 'Posts that reference',
          description: 'Share of the posts of the last 24 hours that reference a user.',
          unit: 'percentunit',
          expr: `sum(increase(microposts_post_created_total{${instance}, microposts_post_referenced="true"}[1d])) / (${today('microposts_post_created_total')} > 0)`,
        }),
        figure({
          title: 'Logins that succeed',
          description: 'Share of the logins of the last 24 hours.',
          unit: 'percentunit',
          expr: `sum(increase(microposts_login_total{${instance}, microposts_login_outcome="success"}[1d])) / (${today('microposts_login_total')} > 0)`,
        }),
      ],
      'A minute': [
        graph({
          title: 'Posts',
          description:
            'Created, edited and deleted a minute; those that go with their author count as deleted.',
          unit: 'short',
          queries: {
            created: perMinute('microposts_post_created_total'),
            edited: perMinute('microposts_post_edited_total'),
            deleted: perMinute('microposts_post_deleted_total'),
          },
        }),
        graph({
          title: 'Users',
          description: 'Signed up and deleted a minute.',
          unit: 'short',
          queries: {
            'signed up': perMinute('microposts_user_registered_total'),
            deleted: perMinute('microposts_user_deleted_total'),
          },
        }),
        graph({
          title: 'Logins by outcome',
          description: 'A minute. limited: refused since there were too many attempts.',
          unit: 'short',
          stacked: true,
          queries: {
            '{{microposts_login_outcome}}': perMinute('microposts_login_total', 'microposts_login_outcome'),
          },
        }),
        graph({
          title: 'Follows',
          description: 'Begun and ended a minute; those that go with a user count as ended.',
          unit: 'short',
          queries: {
            begun: perMinute('microposts_follow_created_total'),
            ended: perMinute('microposts_follow_deleted_total'),
          },
        }),
        graph({
          title: 'Posts on a page of a timeline',
          description: 'How full the pages are that people get.',
          unit: 'short',
          queries: {
            p50: quantile(0.5, 'microposts_timeline_size', instance),
            p95: quantile(0.95, 'microposts_timeline_size', instance),
          },
        }),
        graph({
          title: 'Clients of streams',
          description:
            'Clients that are connected to the stream of their timeline, and hear of posts as they come.',
          unit: 'short',
          queries: { clients: `sum(microposts_stream_clients{${instance}})` },
        }),
        graph({
          title: 'Replays',
          description:
            'A minute: requests sent again with their Idempotency-Key, and answered as the first time.',
          unit: 'short',
          queries: { replays: perMinute('microposts_idempotency_replayed_total') },
        }),
      ],
    },
  })
