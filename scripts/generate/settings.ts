// The settings of the service and of telemetry, as Markdown tables and as .env.example.
import { z } from 'zod'
import { type VariableDescription, variables } from '../../otel/config/variables.ts'
import { Variables } from '../../src/config.ts'

type Setting = VariableDescription & { name: string }

/** The telemetry settings that the README shows; docs/operations.md has all. */
const essential = [
  'METRICS_TOKEN',
  'METRICS_NATIVE_HISTOGRAMS',
  'OTEL_METRICS_EXPORTER',
  'OTEL_EXPORTER_PROMETHEUS_HOST',
  'OTEL_EXPORTER_PROMETHEUS_PORT',
  'OTEL_CONFIG_FILE',
]
const maxWidth = 110

const serviceSettings: Setting[] = Object.entries(Variables.shape).map(([name, schema]) => {
  const { description = '', example } = schema.meta() ?? {}
  const value = schema instanceof z.ZodPrefault ? String(schema.def.defaultValue) : undefined
  return { name, description, default: value, example: example as string | undefined }
})
const telemetrySettings: Setting[] = Object.entries(variables).map(([name, about]) => ({ name, ...about }))

export const serviceTable = () => table(serviceSettings)

export const telemetryTable = () => table(telemetrySettings)

export const essentialTable = () =>
  table([...serviceSettings, ...telemetrySettings.filter(({ name }) => essential.includes(name))])

/** Every setting in a comment, with its default or an example. */
export function envExample(): string {
  return [...serviceSettings, ...telemetrySettings]
    .map(({ name, description, default: value, example }) => {
      const text = `${description.replaceAll('`', '')}.`
      return `${wrap(text).join('\n')}\n# ${name}=${value ?? example ?? ''}`
    })
    .join('\n\n')
}

function table(settings: Setting[]): string {
  return [
    '| Variable | Default | Description |',
    '|---|---|---|',
    ...settings.map(({ name, description, default: value, example }) => {
      const text = example ? `${description}. Example: \`${example}\`` : description
      return `| \`${name}\` | ${value ? `\`${value}\`` : '–'} | ${text} |`
    }),
  ].join('\n')
}

/** Lines of a comment. */
function wrap(text: string): string[] {
  const lines = ['#']
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`
    if (line.length > maxWidth) lines.push(`# ${word}`)
    else lines[lines.length - 1] = line
  }
  return lines
}
