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
              <span class="headline"><span class="taken" v-if="row.taken">{{ row.taken }}</span>{{ row.headline }}</span>
              <span class="material-icons turn" aria-hidden="true">expand_more</span>
            </button>
            <div class="evidence" v-if="row.open">
              <p class="quiet" v-if="!row.read">Reading…</p>
              <slot :name="'card-' + row.id"></slot>
            </div>
            <details class="members" v-if="row.members.length">
              <summary>With it: {{ row.beside }}</summary>
              <ul>
                <li v-for="one in row.members" :key="one.id" :class="['alert', one.severity, one.state]" :data-member="one.id">
                  <button class="alert-line" :aria-expanded="one.open" @click="$emit('pick', one.id)">
                    <span class="badge">{{ one.badge }}</span>
                    <span class="subject"><span class="dimension">{{ one.dimension }}</span> <b>{{ one.name }}</b></span>
                    <span class="counts"><b>{{ one.observed }}</b>, {{ one.expected }}</span>
                    <span class="odds" title="How likely this many are if nothing were wrong">{{ one.odds }}</span>
                    <span class="when">{{ one.when }}</span>
                    <span class="headline"><span class="taken" v-if="one.taken">{{ one.taken }}</span>{{ one.headline }}</span>
                    <span class="material-icons turn" aria-hidden="true">expand_more</span>
                  </button>
                  <div class="evidence" v-if="one.open">
                    <p class="quiet" v-if="!one.read">Reading…</p>
                    <slot :name="'card-' + one.id"></slot>
                  </div>
                </li>
              </ul>
            </details>
          </li>
        </ul>
      </template>
    </section>`,
};
