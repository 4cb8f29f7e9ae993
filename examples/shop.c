/* Sells what it holds of a token: whoever pays gets as many tokens, by a call of the token's contract. */
#include "contract.h"

EXPORT long entry(void)
{
    request in;
    if (get_input(&in, sizeof in) != sizeof in || in.method != BUY)
        return -BAD_INPUT;
    request order = {.method = TRANSFER, .amount = get_value()};
    get_caller(&order.to);
    return call_contract(&in.to, &order, sizeof order);
}

int main(void)
{
    return 0; /* the host calls entry */
}
