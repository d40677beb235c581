"""The shapes of the referential: which fields, in which order, null where there is nothing (hub v1, Referential)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from gateway.api import rendering
from gateway.api.referential_bodies import EMAIL
from gateway.api.rendering import Json, date_time
from gateway.domain.lists import Capability
from gateway.domain.referential import Contact, Organization, Process, Subscription
from gateway.services.subscriptions import SubscriptionView

NO_DATAPASS: Final = 0
"""The `datapassId` of a subscription that no request of that service opened."""
FREQUENCY: Final = "unitaire"
"""How often it is told by mail of what comes, where nothing else was said."""
NO_ADDRESS: Final = "sans-adresse@example.org"
"""Stands where the hub's clients must find an address and there is none; it reaches nobody."""


def subscription(view: SubscriptionView, *, whole: bool = False) -> Json:
    """A subscription. Of its people only their addresses are shown, unless `whole`: the answer to its creation.

    What the hub never leaves null has a value here too, whoever opened the subscription.
    """
    found = view.subscription
    person = _person if whole else _address
    return {
        "id": found.id,
        "datapassId": NO_DATAPASS if found.datapass_id is None else found.datapass_id,
        "processCode": found.process,
        "subscriber": rendering.organization(found.organization),
        "accessMode": found.access_mode,
        "transport": found.transport,
        "notificationFrequency": found.notification_frequency or FREQUENCY,
        "activateDateTime": date_time(found.activate_at),
        "validateDateTime": date_time(found.validate_at),
        "rejectDateTime": date_time(found.reject_at),
        "endDateTime": date_time(found.end_at),
        "updateDateTime": date_time(found.updated_at),
        "delegationActor": person(found.delegation_actor),
        "rejectionReason": found.rejection_reason,
        "status": view.status,
        "email": found.email,
        "localAdministrator": person(_administrator(found)),
    }


def organization(found: Organization) -> Json:
    """An organization."""
    return {
        "type": found.id.type,
        "companyRegister": found.id.company_register,
        "branchCode": found.id.branch_code,
        "name": found.name,
        "code": found.code,
        "country": found.country,
        "postalCode": found.postal_code,
        "territory": found.territory,
        "email": found.email,
        "phoneNumber": found.phone_number,
        "status": found.status,
        "createDateTime": date_time(found.created_at),
        "updateDateTime": date_time(found.updated_at),
    }


def process(found: Process) -> Json:
    """A process. Sizes in bytes, times in days."""
    return {
        "code": found.code,
        "name": found.name,
        "description": found.description,
        "isActivated": found.is_activated,
        "osl": found.osl,
        "attachmentFormatsEnabled": list(found.attachment_formats),
        "siAttachmentFormatsEnabled": list(found.recipient_formats),
        "attachmentTypesEnabled": list(found.attachment_types),
        "attachmentMaxSizeEnabled": found.attachment_max_size,
        "statusBeforeFileDeletion": found.status_before_file_deletion,
        "timeBeforeFileDeletion": found.time_before_file_deletion,
        "timeBeforeArchiving": found.time_before_archiving,
        "timeBeforeFolderDeletion": found.time_before_folder_deletion,
        "messageToTransmitter": found.message_to_transmitter,
        "messageWithStatus": found.message_with_status,
        "authorizedAwaiting": found.rules.awaiting,
        "subscriptionValidation": found.subscription_validation,
        "legalJustification": found.legal_justification,
        "createDateTime": date_time(found.created_at),
        "updateDateTime": date_time(found.updated_at),
    }


def capability(found: Capability) -> Json:
    """Who takes which process; `recipient` is what a case to it names, with the routing code."""
    return {
        "processCode": found.process,
        "recipient": rendering.organization(str(found.organization)),
        "name": found.name,
        "postalCode": found.postal_code,
        "territory": found.territory,
        "activateDateTime": date_time(found.activate_at),
        "endDateTime": date_time(found.end_at),
    }


def _administrator(found: Subscription) -> Contact:
    known = found.local_administrator or Contact(found.email)
    usable = known.email is not None and re.fullmatch(EMAIL, known.email) is not None
    return known if usable else replace(known, email=NO_ADDRESS)


def _address(found: Contact | None) -> Json | None:
    return None if found is None else {"email": found.email}


def _person(found: Contact | None) -> Json | None:
    """The names are the only fields of the hub that cannot be null: they are left out where they are not known."""
    if found is None:
        return None
    names = {"firstName": found.first_name, "lastName": found.last_name}
    return {
        **{name: value for name, value in names.items() if value is not None},
        "email": found.email,
        "function": found.function,
        "phoneNumber": found.phone_number,
        "mobileNumber": found.mobile_number,
    }
