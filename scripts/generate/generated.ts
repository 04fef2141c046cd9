// Every generated file under otel/ with the text that it should have.
import { business } from './dashboards/business.ts'
import { database } from './dashboards/database.ts'
import { http } from './dashboards/http.ts'
import { overview } from './dashboards/overview.ts'
import { runtime } from './dashboards/runtime.ts'
import { sloRules } from './slo.ts'

const dashboards = { overview, http, database, runtime, business }

export function generated(): { path: string; text: string }[] {
  return [
    { path: 'deploy/prometheus/rules/slo.yml', text: sloRules() },
    ...Object.entries(dashboards).map(([name, make]) => ({
      path: `deploy/grafana/dashboards/${name}.json`,
      text: make(),
    })),
  ]
}
