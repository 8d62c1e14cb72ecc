// Prisma's metrics, counted here because the WebAssembly engine has none.

const BUCKETS_MS = [0, 1, 5, 10, 50, 100, 500, 1000, 5000, 50000];

const COUNTERS = {
  prisma_client_queries_total: 'The total number of Prisma Client queries executed',
  prisma_datasource_queries_total: 'The total number of datasource queries executed',
  prisma_pool_connections_opened_total: 'The total number of pool connections opened',
  prisma_pool_connections_closed_total: 'The total number of pool connections closed',
};
const GAUGES = {
  prisma_client_queries_active: 'The number of Prisma Client queries being handled',
  prisma_client_queries_wait: 'The number of datasource queries waiting for a free connection',
  prisma_pool_connections_busy: 'The number of pool connections that are executing queries',
  prisma_pool_connections_idle: 'The number of pool connections that are not busy',
  prisma_pool_connections_open: 'The number of pool connections that are open',
};
const HISTOGRAMS = {
  prisma_client_queries_duration_histogram_ms: 'The distribution of Prisma Client queries by duration',
  prisma_datasource_queries_duration_histogram_ms: 'The distribution of datasource queries by duration',
};

export class Metrics {
  constructor() {
    this.counts = Object.fromEntries(Object.keys(COUNTERS).map((key) => [key, 0]));
    this.active = 0;
    this.pool = null;
    this.histograms = Object.fromEntries(
      Object.keys(HISTOGRAMS).map((key) => [key, { sum: 0, count: 0, buckets: BUCKETS_MS.map(() => 0) }]),
    );
  }

  watch(pool) {
    this.pool = pool;
    this.counts.prisma_pool_connections_opened_total += pool.totalCount;
    pool.on('connect', () => (this.counts.prisma_pool_connections_opened_total += 1));
    pool.on('remove', () => (this.counts.prisma_pool_connections_closed_total += 1));
  }

  /** Runs `work` and counts it as one client query. */
  async query(work) {
    const started = performance.now();
    this.active += 1;
    try {
      return await work();
    } finally {
      this.active -= 1;
      this.counts.prisma_client_queries_total += 1;
      this.observe('prisma_client_queries_duration_histogram_ms', performance.now() - started);
    }
  }

  statement(durationMs) {
    this.counts.prisma_datasource_queries_total += 1;
    this.observe('prisma_datasource_queries_duration_histogram_ms', durationMs);
  }

  observe(key, valueMs) {
    const histogram = this.histograms[key];
    histogram.sum += valueMs;
    histogram.count += 1;
    BUCKETS_MS.forEach((limitMs, at) => (histogram.buckets[at] += valueMs <= limitMs ? 1 : 0));
  }

  gauges() {
    const { totalCount = 0, idleCount = 0, waitingCount = 0 } = this.pool ?? {};
    return {
      prisma_client_queries_active: this.active,
      prisma_client_queries_wait: waitingCount,
      prisma_pool_connections_busy: totalCount - idleCount,
      prisma_pool_connections_idle: idleCount,
      prisma_pool_connections_open: totalCount,
    };
  }

  /** The metrics in Prisma's JSON format; `labels` is added to every metric. */
  asJson(labels) {
    const metric = (descriptions) => ([key, value]) => ({ key, labels, value, description: descriptions[key] });
    return {
      counters: Object.entries(this.counts).map(metric(COUNTERS)),
      gauges: Object.entries(this.gauges()).map(metric(GAUGES)),
      histograms: Object.entries(this.histograms).map(([key, { sum, count, buckets }]) =>
        metric(HISTOGRAMS)([key, { sum, count, buckets: buckets.map((total, at) => [BUCKETS_MS[at], total]) }]),
      ),
    };
  }

  /** The metrics in Prometheus' text format. */
  asPrometheus(labels) {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(String(value))}`);
    const line = (key, value, extra = []) => {
      const all = [...pairs, ...extra];
      return `${key}${all.length > 0 ? `{${all.join(',')}}` : ''} ${value}`;
    };
    const { counters, gauges, histograms } = this.asJson(labels);
    const simple = (type) => ({ key, value, description }) =>
      [`# HELP ${key} ${description}`, `# TYPE ${key} ${type}`, line(key, value), ''];
    const histogram = ({ key, value, description }) => [
      `# HELP ${key} ${description}`,
      `# TYPE ${key} histogram`,
      ...value.buckets.map(([limitMs, total]) => line(`${key}_bucket`, total, [`le="${limitMs}"`])),
      line(`${key}_bucket`, value.count, ['le="+Inf"']),
      line(`${key}_sum`, value.sum),
      line(`${key}_count`, value.count),
      '',
    ];
    return [
      ...counters.flatMap(simple('counter')),
      ...gauges.flatMap(simple('gauge')),
      ...histograms.flatMap(histogram),
    ].join('\n');
  }
}
