"""One transaction as services see it: the store's nouns on one session."""

from __future__ import annotations

from gateway.store.accounts import Accounts
from gateway.store.alerts import Alerts
from gateway.store.answers import Answers
from gateway.store.archives import Archives
from gateway.store.attachments import Attachments
from gateway.store.breakers import Breakers
from gateway.store.cases import Cases
from gateway.store.clients import Clients
from gateway.store.copies import Copies
from gateway.store.deliveries import Deliveries
from gateway.store.directory import Directory
from gateway.store.events import Events
from gateway.store.figures import Figures
from gateway.store.folders import Folders
from gateway.store.idempotency import Idempotency
from gateway.store.journal import Journal
from gateway.store.leases import Leases
from gateway.store.move_rows import MoveRows
from gateway.store.moves import Moves
from gateway.store.notifications import Notifications
from gateway.store.organizations import Organizations
from gateway.store.outbox import Outbox
from gateway.store.overlays import Overlays
from gateway.store.penalties import Penalties
from gateway.store.processes import Processes
from gateway.store.pushes import Pushes
from gateway.store.rates import Rates
from gateway.store.readiness import Readiness
from gateway.store.rehearsals import Rehearsals
from gateway.store.revocations import Revocations
from gateway.store.seals import Seals
from gateway.store.selection import Candidates
from gateway.store.servings import Servings
from gateway.store.session import Session
from gateway.store.sightings import Sightings
from gateway.store.subscriptions import Subscriptions
from gateway.store.synthetic import Synthetic
from gateway.store.transfers import Transfers
from gateway.store.uploads import Uploads
from gateway.store.webhooks import Webhooks


class Transaction:
    """See `services.ports.Transaction`. One object serves one connection, transaction after transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.organizations = Organizations(session)
        self.processes = Processes(session)
        self.subscriptions = Subscriptions(session)
        self.directory = Directory(session)
        self.candidates = Candidates(session)
        self.accounts = Accounts(session)
        self.clients = Clients(session)
        self.folders = Folders(session)
        self.cases = Cases(session)
        self.attachments = Attachments(session)
        self.copies = Copies(session)
        self.transfers = Transfers(session)
        self.uploads = Uploads(session)
        self.events = Events(session)
        self.notifications = Notifications(session)
        self.deliveries = Deliveries(session)
        self.archives = Archives(session)
        self.servings = Servings(session)
        self.answers = Answers(session)
        self.rehearsals = Rehearsals(session)
        self.overlays = Overlays(session)
        self.journal = Journal(session)
        self.seals = Seals(session)
        self.idempotency = Idempotency(session)
        self.outbox = Outbox(session)
        self.alerts = Alerts(session)
        self.pushes = Pushes(session)
        self.breakers = Breakers(session)
        self.rates = Rates(session)
        self.webhooks = Webhooks(session)
        self.penalties = Penalties(session)
        self.revocations = Revocations(session)
        self.sightings = Sightings(session)
        self.leases = Leases(session)
        self.moves = Moves(session)
        self.move_rows = MoveRows(session)
        self.figures = Figures(session)
        self.readiness = Readiness(session)
        self.synthetic = Synthetic(session)
