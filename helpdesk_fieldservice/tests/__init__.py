from . import (
    test_contract,
    test_helpdesk_ticket_team,
    test_news,
    test_planning,
    test_portal,
    test_queries,
    test_tour,
    test_visit,
)
