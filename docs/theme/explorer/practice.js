// What an explorer asks: to bring an order about, and whether an output is possible.

function buildChallenge(explorer, { line, before, forbidden }) {
    const { words } = explorer;
    const task = fill(before === undefined ? words.atAll : words.before,
        { line: explorer.text(line), other: explorer.text(before) });
    const status = make("p", { className: "status" });
    status.setAttribute("role", "status");
    const say = (words) => {
        if (status.dataset.words !== words) {
            status.dataset.words = words;
            status.replaceChildren(...rich(words));
        }
    };
    const button = make("button", { type: "button" }, words.cannot);
    button.dataset.cannot = "";
    button.addEventListener("click", () => say(forbidden
        ? fill(words.rightly, {
            reason: { words: explorer.sentence(forbidden.thread, explorer.states[forbidden.state]) },
        })
        : words.wrongly));
    const box = make("div", { className: "challenge" },
        make("p", make("strong", words.challenge), " ", ...rich(task), " ", button), status);
    box.dataset.challenge = "";
    const draw = () => {
        const [place, other] = [line, before].map((it) => explorer.printed.indexOf(it));
        const isMet = place >= 0 && (other < 0 || place < other);
        box.classList.toggle("met", isMet);
        const met = explorer.hasAttribute("try") ? words.metChanged
            : before === undefined ? words.metAtAll : words.met;
        say(isMet ? met
            : other >= 0 ? fill(words.missed, { other: explorer.text(before) }) : "");
    };
    return { box, draw };
}

function buildQuestions(explorer) {
    const { words } = explorer;
    if (!explorer.questions.length) {
        return [];
    }
    const questions = explorer.questions.map((output) => {
        const status = make("p", { className: "status" });
        status.setAttribute("role", "status");
        const lines = make("div", { className: "output" },
            ...output.map((line) => make("div", explorer.text(line))));
        const answer = (name) => {
            const button = make("button", { type: "button" }, words[name]);
            button.dataset.answer = name;
            button.addEventListener("click", () => {
                const [isPossible, verdict] = judge(explorer, output);
                const isRight = isPossible === (name === "yes");
                const opinion = isRight ? words.right : words.wrong;
                status.replaceChildren(...rich(`${opinion} ${verdict}`));
            });
            return button;
        };
        const buttons = make("div", { className: "controls" }, answer("yes"), answer("no"));
        const box = make("div", lines, buttons, status);
        box.dataset.question = "";
        return box;
    });
    return [make("h3", words.question), make("div", { className: "questions" }, ...questions)];
}

// Whether the program can print an output, and why: by going there, as far as that is.
function judge(explorer, output) {
    const { words, states } = explorer;
    let state = states[0];
    const steps = [];
    for (const [place, line] of output.entries()) {
        const step = state.threads.find((step) => "to" in step && step.line === line);
        if (!step) {
            const reason = { words: explorer.sentence(explorer.lines[line].thread, state) };
            return [false, fill(words.tooEarly, { number: place + 1, line: explorer.text(line), reason })];
        }
        steps.push(step);
        state = states[step.to];
    }
    if (!state.over) {
        const end = state.threads[0];
        if (!("to" in end && end.line === undefined)) {
            return [false, fill(words.tooShort, { reason: { words: explorer.sentence(0, state) } })];
        }
        steps.push(end);
    }
    const reason = explorer.unlikely(steps);
    return [true, reason ? fill(words.isUnlikely, { reason }) : words.isPossible];
}

customElements.define("order-explorer", OrderExplorer);
