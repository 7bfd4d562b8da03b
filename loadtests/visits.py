"""What a browser fetches and shows when it opens a page: told by Chromium itself (DevTools protocol)."""

from dataclasses import dataclass, field
from typing import Any

OBSERVE = """
  window.measured = { shift: 0, moved: [], largest: 0, events: [] };
  const watch = (type, take, more) => new PerformanceObserver((list) => list.getEntries().forEach(take))
    .observe({ type, buffered: true, ...more });
  watch("layout-shift", (entry) => {
    if (entry.hadRecentInput) return;
    measured.shift += entry.value;
    measured.moved.push(...entry.sources.map(({ node }) => `${node?.nodeName} ${node?.className ?? ""}`));
  });
  watch("largest-contentful-paint", (entry) => { measured.largest = entry.startTime; });
  watch("event", (entry) => { if (entry.interactionId) measured.events.push(entry.duration); },
    { durationThreshold: 16 });
"""


@dataclass
class Asked:
    """A request: its address, what for, the bytes that came over the line, whether a cache answered."""

    url: str
    kind: str = "Other"
    received: int = 0
    cached: bool = False


@dataclass
class Visit:
    """Listens to a page from now on."""

    page: Any
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.line = self.page.context.new_cdp_session(self.page)
        self.known: dict[str, Asked] = {}
        self.waiting: set[str] = set()
        self.traffic = 0
        for name, hear in {
            "requestWillBeSent": self.sent,
            "webSocketCreated": lambda event: self.asked.append(Asked(event["url"], "WebSocket")),
            "requestServedFromCache": lambda event: setattr(self.known[event["requestId"]], "cached", True),
            "responseReceived": self.answered,
            "loadingFinished": self.finished,
            "loadingFailed": lambda event: self.waiting.discard(event["requestId"]),
            "webSocketFrameReceived": self.heard,
            "webSocketFrameSent": self.heard,
        }.items():
            self.line.on(f"Network.{name}", hear)
        self.line.send("Network.enable")
        self.page.add_init_script(OBSERVE)

    def sent(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self.known[event["requestId"]] = asked = Asked(event["request"]["url"], event.get("type", "Other"))
            self.asked.append(asked)
            self.waiting.add(event["requestId"])

    def answered(self, event: dict[str, Any]) -> None:
        if asked := self.known.get(event["requestId"]):
            answer = event["response"]
            asked.cached |= answer.get("fromDiskCache", False) or answer.get("fromServiceWorker", False)

    def finished(self, event: dict[str, Any]) -> None:
        self.traffic += event["encodedDataLength"]
        self.waiting.discard(event["requestId"])
        if asked := self.known.get(event["requestId"]):
            asked.received = 0 if asked.cached else event["encodedDataLength"]

    def heard(self, event: dict[str, Any]) -> None:
        self.traffic += len(event["response"]["payloadData"].encode())

    def settled(self, last: str) -> bool:
        """Whether `last` is in an address asked for, all is answered, and nothing was asked for half a second."""
        before = len(self.asked)
        self.page.wait_for_timeout(500)
        quiet = len(self.asked) == before and not self.waiting
        return quiet and any(last in asked.url for asked in self.asked)

    def over(self) -> "Told":
        """What was asked since it began, or since this was called last."""
        told = Told(self.asked, self.measured("shift"), self.measured("moved"))
        self.asked = []
        return told

    def measured(self, what: str) -> Any:
        return self.page.evaluate(f"measured.{what}")


@dataclass
class Told:
    asked: list[Asked]
    shift: float
    moved: list[str]  # what the browser saw move

    def received(self, *kinds: str) -> int:
        return sum(asked.received for asked in self.asked if not kinds or asked.kind in kinds)
