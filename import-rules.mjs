// Who may import whom, checked by `npm run check:imports` (dependency-cruiser). CONTRIBUTING.md shows the same table.

const ours = '^(src|otel|lib|harness|test|bench|scripts)/'
const feature = '^src/(accounts|sessions|posts|follows|timeline|search|health)/'
const schemas = '^src/(accounts|sessions|posts|follows|timeline)/schema[.]ts$'

/** Files in `from` import, of this repository, only what matches one of `allowed`. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: ours, pathNot: allowed },
})

/** Only files that match `allowed` import what matches `to`. */
const onlyFrom = (name, to, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { pathNot: allowed },
  to: { path: to },
})

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that import each other cannot be understood, or tested, one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    onlyFrom('entry', '^src/main[.]ts$', '^$', 'Nothing imports the entry of the process.'),
    onlyFrom(
      'command-line',
      '^src/command-line[.]ts$',
      '^src/main[.]ts$',
      'Only the entry reads the options of the service.',
    ),
    onlyFrom('composition-root', '^src/app[.]ts$', '^src/process/', 'Only process/ starts the app.'),
    onlyFrom(
      'routes',
      '^src/routes[.]ts$',
      '^(src/app[.]ts$|harness/)',
      'Only the app needs the routes; the generated docs list them.',
    ),
    only(
      'app',
      '^src/(app|routes)[.]ts$',
      [
        '^src/(http|web)/',
        feature,
        '^src/(config|errors|routes)[.]ts$',
        '^src/database/(client|sql-errors)[.]ts$',
        '^src/metrics/instruments[.]ts$',
      ],
      'The app puts the middleware and the features together; process/ starts it.',
    ),
    only(
      'root',
      '^src/(?!main[.]|app[.]|routes[.]|config[.])[a-z-]+[.]ts$',
      ['^src/(errors|viewer|keyset|credentials|quota)[.]ts$', '^lib/'],
      'What every feature imports knows no feature itself.',
    ),
    only('config', '^src/config[.]ts$', ['^lib/'], 'Settings depend on nothing in the service.'),
    only(
      'schema',
      '^src/[a-z]+/schema[.]ts$',
      ['^src/http/fields[.]ts$', schemas, '^src/accounts/guessable-passwords[.]ts$'],
      'A schema is made of shared fields and other schemas.',
    ),
    only(
      'feature-routes',
      '^src/[a-z]+/[a-z-]*routes[.]ts$',
      ['^src/http/', schemas, feature],
      'Routes know http/, their own feature, and the schemas of others.',
    ),
    {
      name: 'feature-routes-own-service',
      comment: 'Of another feature, routes know the schema alone.',
      severity: 'error',
      from: { path: '^src/([a-z]+)/[a-z-]*routes[.]ts$', pathNot: '^src/routes[.]ts$' },
      to: { path: feature, pathNot: ['^src/$1/', schemas] },
    },
    only(
      'feature-service',
      `${feature}(?!.*(routes|schema)[.]ts$)`,
      [
        '^src/(errors|viewer|keyset|credentials|quota)[.]ts$',
        '^src/(database|metrics|search)/',
        feature,
        '^lib/',
      ],
      'A service knows errors, the database and the metrics; never HTTP, the process or the settings.',
    ),
    {
      name: 'feature-service-own-feature',
      comment: 'Of another feature, a service knows the schema, the rows and the ids; never its service.',
      severity: 'error',
      from: {
        path: '^src/(accounts|sessions|posts|follows|timeline|search|health)/',
        pathNot: 'routes[.]ts$',
      },
      to: { path: feature, pathNot: ['^src/$1/', '^src/search/', schemas, '^src/[a-z]+/(rows|ids)[.]ts$'] },
    },
    {
      name: 'koa',
      comment: 'Of the service, only http/ and the app know Koa.',
      severity: 'error',
      from: { path: '^(src|otel|lib)/', pathNot: '^src/(app[.]ts$|http/)' },
      to: { path: '^node_modules/(@koa/|koa)' },
    },
    only(
      'http',
      '^src/http/',
      ['^src/http/', '^src/(errors|viewer|keyset|quota)[.]ts$', '^src/metrics/instruments[.]ts$', '^lib/'],
      'http/ serves any feature: it knows neither features nor the database.',
    ),
    only(
      'web',
      '^src/web/',
      ['^src/(http|web)/', '^src/errors[.]ts$', '^lib/'],
      'Pages are built on http/ alone.',
    ),
    only(
      'database',
      '^src/database/',
      ['^src/database/', '^src/metrics/', '^src/keyset[.]ts$', '^lib/'],
      'The database layer knows the metrics and pages, and nothing of its users.',
    ),
    only(
      'metrics',
      '^src/metrics/',
      ['^src/metrics/catalogue[.]ts$', '^lib/'],
      'Instruments are made from the catalogue, which imports only the type of a metric.',
    ),
    onlyFrom(
      'opentelemetry-api',
      '^node_modules/@opentelemetry/',
      '^(src/metrics/instruments[.]ts$|otel/|harness/|test/|bench/|scripts/|node_modules/)',
      'In src/, only the instruments import OpenTelemetry.',
    ),
    {
      name: 'instruments-use-the-api-only',
      comment: 'The service records through the API; only otel/ knows an SDK.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^node_modules/@opentelemetry/(?!api/)' },
    },
    {
      name: 'process-is-not-imported',
      comment: 'How a process starts and stops concerns the entry alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main[.]ts$|process/)' },
      to: { path: '^src/process/' },
    },
    only('otel', '^otel/', ['^otel/', '^lib/'], 'otel/ measures any service that it is loaded before.'),
    {
      name: 'service-without-otel',
      comment: 'The service runs the same, unmeasured, without otel/.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^otel/' },
    },
    only('lib', '^lib/', ['^lib/'], 'lib/ is what src/ and otel/ share; it knows neither.'),
    only('harness', '^harness/', ['^(src|otel|lib|harness)/'], 'harness/ serves test/, bench/ and scripts/.'),
    {
      name: 'tools-apart',
      comment: 'What test/, bench/ and scripts/ share is in harness/.',
      severity: 'error',
      from: { path: '^(test|bench|scripts)/' },
      to: { path: '^(test|bench|scripts)/', pathNot: '^$1/' },
    },
    {
      name: 'production-code-without-tools',
      severity: 'error',
      from: { path: '^(src|otel|lib)/' },
      to: { path: '^(harness|test|bench|scripts)/' },
    },
    {
      name: 'resolvable',
      comment:
        'client/library/ has only the types of the libraries; src/web/assets.ts serves them at these paths.',
      severity: 'error',
      from: { pathNot: '^src/web/client/library/html[.]js$' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/database/generated/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
}
