"""The settings of one gateway: frozen, strict, each with a default that works on its own.

The field's description says what it is and in what unit. Rooms below this one receive the plain values they need.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic.alias_generators import to_camel

from gateway.config.alerts import Alerts
from gateway.config.antivirus import Antivirus
from gateway.config.moving import Moving
from gateway.config.penalties import Penalties
from gateway.config.proxy_protocol import ProxyProtocol
from gateway.config.push import Push
from gateway.config.rates import Rates
from gateway.config.section import SECRET_ONLY, Count, Port, Section
from gateway.config.serve import Serve
from gateway.config.sftp_limits import SftpLimits
from gateway.config.sftp_uploads import SftpUploads
from gateway.config.units import Delay, Duration, Size
from gateway.domain.pushing import Manner
from gateway.domain.statuses import Status

GIB: Final = 2**30
MIB: Final = 2**20


def _database_url(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    if text and not text.startswith(("postgresql://", "sqlite:///")):
        raise ValueError("must be empty, postgresql://… or sqlite:///…")
    return url


def _blobs_url(url: str) -> str:
    if url and not (url.startswith("s3://") and urlsplit(url).netloc):
        raise ValueError("must be empty or s3://bucket/prefix?endpoint=…")
    if "@" in urlsplit(url).netloc:
        raise ValueError("must hold no credentials: give them in the environment")
    return url


class Database(Section):
    """Where the rows are."""

    url: Annotated[SecretStr, AfterValidator(_database_url)] = Field(
        default=SecretStr(""), description="empty: SQLite in data_dir; postgresql://user:password@host/name otherwise"
    )


class Blobs(Section):
    """Where the bytes of attachments are."""

    url: Annotated[str, AfterValidator(_blobs_url)] = Field(
        default="", description="empty: data_dir/blobs; s3://bucket/prefix?endpoint=https://… otherwise"
    )


class Http(Section):
    """The REST door."""

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: Port = Field(default=8080, description="TCP port; 0 lets the system choose a free one")
    max_connections: Count = Field(default=4000, description="open connections, over all workers")
    per_address: Count = Field(default=400, description="connections of one public address, over all workers")


class Sftp(Section):
    """The SFTP door."""

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: Port = Field(default=2222, description="TCP port; 0 lets the system choose a free one")
    idle_timeout: Duration = Field(
        default=timedelta(minutes=10), description="a session without a request is closed (duration)"
    )
    login_timeout: Duration = Field(
        default=timedelta(seconds=30), description="time to log in, from the connection (duration)"
    )
    max_sessions: Count = Field(
        default=2000, description="open sessions, over all workers; further connections are refused"
    )
    limits: SftpLimits = Field(default=SftpLimits(), description="connections and attempts")
    uploads: SftpUploads = Field(default=SftpUploads(), description="what waits in out/ of one account")


class HostKeys(Section):
    """The SFTP door's own keys."""

    dir: str = Field(
        default="", description="directory of the private keys; empty: data_dir/host_keys, made at first start"
    )


class Operator(Section):
    """The gateway's own organization, of type ADMIN."""

    model_config = ConfigDict(alias_generator=to_camel)

    company_register: str = Field(
        default="00000000000000", pattern=r"^[0-9]{14}$", description="SIRET, 14 digits, in quotes"
    )
    branch_code: str = Field(
        default="00000", pattern=r"^[0-9A-Za-z]{1,10}$", description="branch (routing) code, in quotes"
    )
    name: str = Field(
        default="Gateway", min_length=1, max_length=255, description="shown as the sender of its own messages"
    )


class Tokens(Section):
    """OAuth2 access tokens of the REST door."""

    lifetime: Duration = Field(default=timedelta(hours=1), description="how long a token is valid (duration)")


class Limits(Section):
    """What is accepted at most; the answer limits guard the reading of what subscribers send over SFTP."""

    attachment_max_size: Size = Field(default=GIB, description="one attachment (size)")
    attachment_max_entries: Count = Field(default=10_000, description="entries of a zip or office document")
    attachment_max_expanded: Size = Field(default=4 * GIB, description="a zip or office document, unpacked (size)")
    attachment_max_ratio: Count = Field(default=200, description="its unpacked size divided by its size, from 16 MiB")
    attachment_max_nesting: Count = Field(default=3, description="levels of zips and office documents within it")
    json_max_size: Size = Field(default=MIB, description="one JSON body (size)")
    answer_max_size: Size = Field(default=GIB, description="one answer file as uploaded (size)")
    answer_max_expanded: Size = Field(default=2 * GIB, description="all entries of an answer together, unpacked (size)")
    answer_max_entries: Count = Field(default=1000, description="entries of an answer")
    answer_max_ratio: Count = Field(default=200, description="unpacked size of an entry divided by its packed size")


class Expiry(Section):
    """Deliveries that nobody takes."""

    default_after: Duration = Field(
        default=timedelta(days=60), description="a delivery expires (duration), unless its process says"
    )
    every: Duration = Field(default=timedelta(minutes=1), description="how often expiry is looked for (duration)")


class Outbox(Section):
    """Outgoing calls: webhooks and other attempts that are repeated."""

    every: Duration = Field(
        default=timedelta(seconds=1), description="how often due attempts are looked for (duration)"
    )
    first_delay: Duration = Field(
        default=timedelta(seconds=10), description="wait after the first failure, then doubled (duration)"
    )
    ceiling: Duration = Field(default=timedelta(hours=1), description="longest wait between two attempts (duration)")
    max_attempts: Count = Field(default=12, description="attempts before a call is set aside as dead")
    timeout: Duration = Field(default=timedelta(seconds=10), description="time for one attempt (duration)")
    batch: Count = Field(default=50, description="attempts claimed at a time")
    private_targets: bool = Field(
        default=False, description="whether calls may go to loopback, private and link-local addresses"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Outbox:
        if self.ceiling < self.first_delay:
            raise ValueError("ceiling must not be shorter than first_delay")
        return self


def _codes() -> dict[int, Status]:
    """The answer codes of the legacy format (PEC contract, Answers)."""
    return {
        14: Status.SI_RECEIVED,
        15: Status.SI_INTG_ERROR,
        16: Status.IN_PROGRESS,
        17: Status.ADD_AWAITING,
        19: Status.DONE,
        20: Status.REFUSED,
        100: Status.DONE,
    }


class Answers(Section):
    """What legacy servers send back over SFTP."""

    grace: Delay = Field(
        default=timedelta(minutes=10), description="a taken-in answer stays visible in out/ (duration)"
    )
    partial_after: Duration = Field(
        default=timedelta(hours=1), description="an upload that never became whole is reported as such (duration)"
    )
    codes: dict[int, Status] = Field(default_factory=_codes, min_length=1, description="case status by Etat code")


class Retention(Section):
    """What the doors keep beside the dossiers."""

    doors: Duration = Field(
        default=timedelta(days=30),
        description="DONE and FAILED listings, answers, idempotency records, coverage (duration)",
    )
    uploads: Duration = Field(
        default=timedelta(days=1), description="resumable uploads to which nothing more comes (duration)"
    )


class Scheduler(Section):
    """Periodic work; among several processes a lease decides who runs a job."""

    enabled: bool = Field(default=True, description="whether this process runs periodic work")
    lease: Duration = Field(
        default=timedelta(seconds=30), description="a job whose runner went silent is taken over (duration)"
    )


class Shutdown(Section):
    """The stop on SIGTERM."""

    deadline: Duration = Field(
        default=timedelta(seconds=25), description="time for what still runs to finish (duration)"
    )


class Log(Section):
    """What is written to standard error."""

    format: Literal["console", "json"] = Field(default="console", description="console for people, json for machines")
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least severe lines written"
    )


class Secrets(Section):
    """The key that signs and seals; see gateway.config.secrets."""

    master_key_file: str = Field(
        default="",
        description="file of the master key; empty: data_dir/secrets/master.key, made at first start, mode 0600",
    )
    master_key: SecretStr = Field(
        default=SecretStr(""), description="the master key itself, base64 of 32 bytes", json_schema_extra=SECRET_ONLY
    )


class Settings(Section):
    """Everything. Relative paths start at the working directory of the process."""

    data_dir: Path = Field(default=Path("var"), description="directory of SQLite, blobs, keys, unless said otherwise")
    database: Database = Field(default=Database(), description="where the rows are")
    blobs: Blobs = Field(default=Blobs(), description="where the bytes of attachments are")
    serve: Serve = Field(default=Serve(), description="how many processes serve")
    http: Http = Field(default=Http(), description="the REST door")
    proxy_protocol: ProxyProtocol = Field(default=ProxyProtocol(), description="balancers before the SFTP door")
    sftp: Sftp = Field(default=Sftp(), description="the SFTP door")
    host_keys: HostKeys = Field(default=HostKeys(), description="the SFTP door's own keys")
    operator: Operator = Field(default=Operator(), description="the gateway's own organization")
    tokens: Tokens = Field(default=Tokens(), description="access tokens of the REST door")
    limits: Limits = Field(default=Limits(), description="what is accepted at most")
    antivirus: Antivirus = Field(default=Antivirus(), description="clamd, which sees every attachment first")
    rates: Rates = Field(default=Rates(), description="how often and how slowly the REST door may be asked")
    penalties: Penalties = Field(default=Penalties(), description="what failing to log in again and again leads to")
    expiry: Expiry = Field(default=Expiry(), description="deliveries that nobody takes")
    outbox: Outbox = Field(default=Outbox(), description="outgoing calls")
    alerts: Alerts = Field(default=Alerts(), description="whom the gateway tells of trouble")
    moves: Moving = Field(default=Moving(), description="planned switches of many subscriptions")
    push: Push = Field(default=Push(), description="deliveries to subscribers' own servers")
    answers: Answers = Field(default=Answers(), description="what legacy servers send back")
    retention: Retention = Field(default=Retention(), description="what the doors keep")
    scheduler: Scheduler = Field(default=Scheduler(), description="periodic work")
    shutdown: Shutdown = Field(default=Shutdown(), description="the stop on SIGTERM")
    log: Log = Field(default=Log(), description="what is written to standard error")
    secrets: Secrets = Field(default=Secrets(), description="the key that signs and seals")
    processes_file: str = Field(
        default="",
        description="processes known beforehand; empty: processes.yaml beside this file, else the packaged one",
    )

    @property
    def blobs_path(self) -> Path:
        """The local blob store; meaningless when blobs.url is set."""
        return self.data_dir / "blobs"

    @property
    def host_keys_path(self) -> Path:
        """The directory of the SFTP door's private keys."""
        return Path(self.host_keys.dir) if self.host_keys.dir else self.data_dir / "host_keys"

    @property
    def manner(self) -> Manner:
        """How subscribers' own servers are dealt with."""
        private, most = self.outbox.private_targets, self.limits.answer_max_size
        return self.push.manner(private_targets=private, answer_max_size=most)

    @property
    def processes_path(self) -> Path | None:
        """The file of the processes; None stands for the packaged one."""
        return Path(self.processes_file) if self.processes_file else None
