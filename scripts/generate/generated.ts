// Every generated file under otel/ with the text that it should have.
import { sloRules } from './slo.ts'

export function generated(): { path: string; text: string }[] {
  return [{ path: 'otel/prometheus/rules/slo.yml', text: sloRules() }]
}
