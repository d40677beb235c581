"""What handlers find."""

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.api.context import CONTEXT, Context, office_of
from gateway.api.metrics import PrometheusMeter
from gateway.api.traffic import Traffic
from gateway.domain.rates import UNLIMITED
from gateway.services.allowance import Allowances
from gateway.services.office import Office


async def test_a_request_works_on_the_office_of_its_application(office: Office, meter: PrometheusMeter) -> None:
    async def ready() -> None: ...

    application = web.Application()
    application[CONTEXT] = Context(office, meter, Traffic(), ready, 1, 1, (), UNLIMITED, Allowances(office))
    assert office_of(make_mocked_request("GET", "/", app=application)) is office
