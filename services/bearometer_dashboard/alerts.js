// Draws alerts from plain rows. Vue writes every value as text; links were checked by the server.
export default {
  emits: ["pick"],
  props: { rows: Array, recent: Array },
  computed: {
    groups() {
      return [
        { name: "open", rows: this.rows },
        { name: "recent", rows: this.recent },
      ].filter((group) => group.rows.length);
    },
  },
  template: `
    <section class="alerts" aria-live="polite">
      <h2>Alerts <span class="count" v-if="rows.length">{{ rows.length }} open</span></h2>
      <p class="quiet" v-if="!rows.length">No open alerts.</p>
      <template v-for="group in groups" :key="group.name">
        <h3 v-if="group.name === 'recent'">Recently resolved</h3>
        <ul :class="['alert-list', group.name]">
          <li v-for="row in group.rows" :key="row.id" :class="['alert', row.severity, row.state]" :data-alert="row.id">
            <button class="alert-line" :aria-expanded="row.open" @click="$emit('pick', row.id)">
              <span class="badge">{{ row.badge }}</span>
              <span class="subject"><span class="dimension">{{ row.dimension }}</span> <b>{{ row.name }}</b></span>
              <span class="counts"><b>{{ row.observed }}</b>, {{ row.expected }}</span>
              <span class="odds" title="How likely this many are if nothing were wrong">{{ row.odds }}</span>
              <span class="when">{{ row.when }}</span>
              <span class="headline">{{ row.headline }}</span>
              <span class="material-icons turn" aria-hidden="true">expand_more</span>
            </button>
            <div class="evidence" v-if="row.open">
              <div>
                <h4>Top items</h4>
                <p class="quiet" v-if="!row.stories.length">No items were kept with this alert.</p>
                <table v-else>
                  <tr v-for="(story, i) in row.stories" :key="i">
                    <td class="time">{{ story.time }}</td>
                    <td class="score">{{ story.score }}</td>
                    <td class="source">{{ story.source }}</td>
                    <td>
                      <a v-if="story.url" :href="story.url" target="_blank" rel="noopener noreferrer">{{ story.title }}</a>
                      <template v-else>{{ story.title }}</template>
                    </td>
                  </tr>
                </table>
              </div>
              <div>
                <h4>History</h4>
                <p class="quiet" v-if="!row.steps.length">Reading…</p>
                <table v-else>
                  <tr v-for="(step, i) in row.steps" :key="i">
                    <td class="time">{{ step.time }}</td>
                    <td>{{ step.state }}</td>
                    <td class="quiet">{{ step.note }}</td>
                  </tr>
                </table>
                <p class="quiet" v-for="fact in row.facts" :key="fact">{{ fact }}</p>
              </div>
            </div>
          </li>
        </ul>
      </template>
    </section>`,
};
