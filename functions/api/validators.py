# ruff: noqa
# fmt: off
# pyright: reportUnusedVariable=false
"""Generated from trading_api.openapi.yaml by `python -m functions.api.generate`: edit that one."""

DOCUMENT_SHA256 = "ef7c57d7d079a0abaff46941260bce90b8fef001007dd67dbbf8c60c4bfa98fd"
MAX_BODY_BYTES = 4096
DEFAULT_LIMIT = 50
FUTURES_VENUES = ['CCFX', 'GLBX', 'IFEU', 'IFUS', 'NDEX', 'XCBF', 'XCBT', 'XCEC', 'XCME', 'XDCE', 'XEUR', 'XHKF', 'XKFE', 'XLME', 'XMOD', 'XNYM', 'XOSE', 'XSFE', 'XTAF', 'XZCE']
INSTRUMENT_CLASSES = [('option', '^[A-Z0-9]{1,6} {0,5}[0-9]{6}[CP][0-9]{8}$', '^[A-Z0-9]{1,6} {0,5}[0-9]{6}[CP][0-9]{8}$', 'positive'), ('future', '^[A-Z0-9]{1,6}[FGHJKMNQUVXZ](20[0-9]{2}|[0-9]{1,2})$', '^(?![A-Z]{4}(11|3[1-59])$)(?:6A|6B|6C|6E|6J|6L|6M|6N|6S|6Z|ALI|BRN|BTC|BZ|CC|CL|CT|DX|E7|EMD|ES|ETH|FDAX|FDXM|FESX|FGBL|FGBM|FGBS|FGBX|FSMI|FVS|GC|GF|HE|HG|HO|J7|KC|KE|LE|M2K|M6A|M6B|M6E|MBT|MCL|MES|MET|MGC|MHG|MNG|MNQ|MYM|NG|NIY|NKD|NQ|OJ|PA|PL|QC|QG|QM|QO|RB|RS|RTY|SB|SI|SIL|SR1|SR3|TN|TTF|UB|VX|VXM|WBS|XC|XK|XW|YM|ZB|ZC|ZF|ZL|ZM|ZN|ZO|ZQ|ZR|ZS|ZT|ZW)[FGHJKMNQUVXZ](20[0-9]{2}|[0-9]{2})$', 'any'), ('spread', '^[A-Z0-9]{1,6}[FGHJKMNQUVXZ](20[0-9]{2}|[0-9]{1,2})(-[A-Z0-9]{1,6}[FGHJKMNQUVXZ](20[0-9]{2}|[0-9]{1,2})){1,3}$', '^(?:6A|6B|6C|6E|6J|6L|6M|6N|6S|6Z|ALI|BRN|BTC|BZ|CC|CL|CT|DX|E7|EMD|ES|ETH|FDAX|FDXM|FESX|FGBL|FGBM|FGBS|FGBX|FSMI|FVS|GC|GF|HE|HG|HO|J7|KC|KE|LE|M2K|M6A|M6B|M6E|MBT|MCL|MES|MET|MGC|MHG|MNG|MNQ|MYM|NG|NIY|NKD|NQ|OJ|PA|PL|QC|QG|QM|QO|RB|RS|RTY|SB|SI|SIL|SR1|SR3|TN|TTF|UB|VX|VXM|WBS|XC|XK|XW|YM|ZB|ZC|ZF|ZL|ZM|ZN|ZO|ZQ|ZR|ZS|ZT|ZW)[FGHJKMNQUVXZ](20[0-9]{2}|[0-9]{1,2})(-(?:6A|6B|6C|6E|6J|6L|6M|6N|6S|6Z|ALI|BRN|BTC|BZ|CC|CL|CT|DX|E7|EMD|ES|ETH|FDAX|FDXM|FESX|FGBL|FGBM|FGBS|FGBX|FSMI|FVS|GC|GF|HE|HG|HO|J7|KC|KE|LE|M2K|M6A|M6B|M6E|MBT|MCL|MES|MET|MGC|MHG|MNG|MNQ|MYM|NG|NIY|NKD|NQ|OJ|PA|PL|QC|QG|QM|QO|RB|RS|RTY|SB|SI|SIL|SR1|SR3|TN|TTF|UB|VX|VXM|WBS|XC|XK|XW|YM|ZB|ZC|ZF|ZL|ZM|ZN|ZO|ZQ|ZR|ZS|ZT|ZW)[FGHJKMNQUVXZ](20[0-9]{2}|[0-9]{1,2})){1,3}$', 'any'), ('other', '^.+$', '^.+$', 'positive')]

from decimal import Decimal
import re
from functions.api.invalid import JsonSchemaValueException


REGEX_PATTERNS = {
    '^([A-Z0-9][A-Z0-9./-]{0,20}|(?=.{12}[CP])[A-Z0-9]{1,5} {1,5}[0-9]{6}[CP][0-9]{8})$': re.compile('^([A-Z0-9][A-Z0-9./-]{0,20}|(?=.{12}[CP])[A-Z0-9]{1,5} {1,5}[0-9]{6}[CP][0-9]{8})\\Z'),
    '^[A-Za-z0-9_-]+$': re.compile('^[A-Za-z0-9_-]+\\Z'),
    '^[A-Za-z0-9_-]{1,36}$': re.compile('^[A-Za-z0-9_-]{1,36}\\Z'),
    '^[A-Z0-9]{4}$': re.compile('^[A-Z0-9]{4}\\Z'),
    '^(?=[0-9.]*[1-9])(0|[1-9][0-9]{0,11})([.][0-9]{1,8})?$': re.compile('^(?=[0-9.]*[1-9])(0|[1-9][0-9]{0,11})([.][0-9]{1,8})?\\Z'),
    '^(-(?=[0-9.]*[1-9]))?(0|[1-9][0-9]{0,11})([.][0-9]{1,8})?$': re.compile('^(-(?=[0-9.]*[1-9]))?(0|[1-9][0-9]{0,11})([.][0-9]{1,8})?\\Z')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix=None):
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "limit_order" in data_keys:
            data_keys.remove("limit_order")
            data__limitorder = data["limit_order"]
            validate___components_schemas_limitorder(data__limitorder, custom_formats, (name_prefix or "data") + ".limit_order")
        if "market_order" in data_keys:
            data_keys.remove("market_order")
            data__marketorder = data["market_order"]
            validate___components_schemas_marketorder(data__marketorder, custom_formats, (name_prefix or "data") + ".market_order")
        if "client_order_id" in data_keys:
            data_keys.remove("client_order_id")
            data__clientorderid = data["client_order_id"]
            validate___components_schemas_clientorderid(data__clientorderid, custom_formats, (name_prefix or "data") + ".client_order_id")
        if "limit" in data_keys:
            data_keys.remove("limit")
            data__limit = data["limit"]
            validate___components_parameters_limit_schema(data__limit, custom_formats, (name_prefix or "data") + ".limit")
        if "next_token" in data_keys:
            data_keys.remove("next_token")
            data__nexttoken = data["next_token"]
            validate___components_parameters_nexttoken_schema(data__nexttoken, custom_formats, (name_prefix or "data") + ".next_token")
        if "instrument" in data_keys:
            data_keys.remove("instrument")
            data__instrument = data["instrument"]
            validate___components_schemas_instrument(data__instrument, custom_formats, (name_prefix or "data") + ".instrument")
    return data

def validate___components_schemas_instrument(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type')
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 21:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 21 characters", value=data, name="" + (name_prefix or "data") + "", rule='maxLength')
        if not REGEX_PATTERNS['^([A-Z0-9][A-Z0-9./-]{0,20}|(?=.{12}[CP])[A-Z0-9]{1,5} {1,5}[0-9]{6}[CP][0-9]{8})$'].search(data):
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^([A-Z0-9][A-Z0-9./-]{0,20}|(?=.{12}[CP])[A-Z0-9]{1,5} {1,5}[0-9]{6}[CP][0-9]{8})$", value=data, name="" + (name_prefix or "data") + "", rule='pattern')
    return data

def validate___components_parameters_nexttoken_schema(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type')
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be longer than or equal to 1 characters", value=data, name="" + (name_prefix or "data") + "", rule='minLength')
        if data_len > 512:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 512 characters", value=data, name="" + (name_prefix or "data") + "", rule='maxLength')
        if not REGEX_PATTERNS['^[A-Za-z0-9_-]+$'].search(data):
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[A-Za-z0-9_-]+$", value=data, name="" + (name_prefix or "data") + "", rule='pattern')
    return data

def validate___components_parameters_limit_schema(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (int)) or isinstance(data, bool):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be integer", value=data, name="" + (name_prefix or "data") + "", rule='type')
    if isinstance(data, (int, float, Decimal)) and not isinstance(data, bool):
        if data < 1:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be bigger than or equal to 1", value=data, name="" + (name_prefix or "data") + "", rule='minimum')
        if data > 100:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be smaller than or equal to 100", value=data, name="" + (name_prefix or "data") + "", rule='maximum')
    return data

def validate___components_schemas_clientorderid(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type')
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 36:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 36 characters", value=data, name="" + (name_prefix or "data") + "", rule='maxLength')
        if not REGEX_PATTERNS['^[A-Za-z0-9_-]{1,36}$'].search(data):
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[A-Za-z0-9_-]{1,36}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern')
    return data

def validate___components_schemas_marketorder(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['client_order_id', 'instrument', 'side', 'type', 'quantity', 'time_in_force']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", rule='required')
        data_keys = set(data.keys())
        if "client_order_id" in data_keys:
            data_keys.remove("client_order_id")
            data__clientorderid = data["client_order_id"]
            validate___components_schemas_clientorderid(data__clientorderid, custom_formats, (name_prefix or "data") + ".client_order_id")
        if "instrument" in data_keys:
            data_keys.remove("instrument")
            data__instrument = data["instrument"]
            validate___components_schemas_instrument(data__instrument, custom_formats, (name_prefix or "data") + ".instrument")
        if "side" in data_keys:
            data_keys.remove("side")
            data__side = data["side"]
            validate___components_schemas_side(data__side, custom_formats, (name_prefix or "data") + ".side")
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            if not isinstance(data__type, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".type must be string", value=data__type, name="" + (name_prefix or "data") + ".type", rule='type')
            if not (isinstance(data__type, str) and data__type == 'MARKET'):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".type must be one of ['MARKET']", value=data__type, name="" + (name_prefix or "data") + ".type", rule='enum')
        if "quantity" in data_keys:
            data_keys.remove("quantity")
            data__quantity = data["quantity"]
            validate___components_schemas_positivedecimal(data__quantity, custom_formats, (name_prefix or "data") + ".quantity")
        if "time_in_force" in data_keys:
            data_keys.remove("time_in_force")
            data__timeinforce = data["time_in_force"]
            validate___components_schemas_timeinforce(data__timeinforce, custom_formats, (name_prefix or "data") + ".time_in_force")
        if "venue" in data_keys:
            data_keys.remove("venue")
            data__venue = data["venue"]
            validate___components_schemas_venue(data__venue, custom_formats, (name_prefix or "data") + ".venue")
        if "instrument_class" in data_keys:
            data_keys.remove("instrument_class")
            data__instrumentclass = data["instrument_class"]
            validate___components_schemas_instrumentclass(data__instrumentclass, custom_formats, (name_prefix or "data") + ".instrument_class")
        if data_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", rule='additionalProperties')
    return data

def validate___components_schemas_instrumentclass(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type')
    if not (isinstance(data, str) and data == 'option' or isinstance(data, str) and data == 'future' or isinstance(data, str) and data == 'spread' or isinstance(data, str) and data == 'other'):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be one of ['option', 'future', 'spread', 'other']", value=data, name="" + (name_prefix or "data") + "", rule='enum')
    return data

def validate___components_schemas_venue(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type')
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 4:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 4 characters", value=data, name="" + (name_prefix or "data") + "", rule='maxLength')
        if not REGEX_PATTERNS['^[A-Z0-9]{4}$'].search(data):
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^[A-Z0-9]{4}$", value=data, name="" + (name_prefix or "data") + "", rule='pattern')
    return data

def validate___components_schemas_timeinforce(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type')
    if not (isinstance(data, str) and data == 'DAY' or isinstance(data, str) and data == 'GTC' or isinstance(data, str) and data == 'IOC' or isinstance(data, str) and data == 'FOK'):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be one of ['DAY', 'GTC', 'IOC', 'FOK']", value=data, name="" + (name_prefix or "data") + "", rule='enum')
    return data

def validate___components_schemas_positivedecimal(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type')
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 21:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 21 characters", value=data, name="" + (name_prefix or "data") + "", rule='maxLength')
        if not REGEX_PATTERNS['^(?=[0-9.]*[1-9])(0|[1-9][0-9]{0,11})([.][0-9]{1,8})?$'].search(data):
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^(?=[0-9.]*[1-9])(0|[1-9][0-9]{0,11})([.][0-9]{1,8})?$", value=data, name="" + (name_prefix or "data") + "", rule='pattern')
    return data

def validate___components_schemas_side(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type')
    if not (isinstance(data, str) and data == 'BUY' or isinstance(data, str) and data == 'SELL'):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be one of ['BUY', 'SELL']", value=data, name="" + (name_prefix or "data") + "", rule='enum')
    return data

def validate___components_schemas_limitorder(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['client_order_id', 'instrument', 'side', 'type', 'quantity', 'limit_price', 'time_in_force']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", rule='required')
        data_keys = set(data.keys())
        if "client_order_id" in data_keys:
            data_keys.remove("client_order_id")
            data__clientorderid = data["client_order_id"]
            validate___components_schemas_clientorderid(data__clientorderid, custom_formats, (name_prefix or "data") + ".client_order_id")
        if "instrument" in data_keys:
            data_keys.remove("instrument")
            data__instrument = data["instrument"]
            validate___components_schemas_instrument(data__instrument, custom_formats, (name_prefix or "data") + ".instrument")
        if "side" in data_keys:
            data_keys.remove("side")
            data__side = data["side"]
            validate___components_schemas_side(data__side, custom_formats, (name_prefix or "data") + ".side")
        if "type" in data_keys:
            data_keys.remove("type")
            data__type = data["type"]
            if not isinstance(data__type, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".type must be string", value=data__type, name="" + (name_prefix or "data") + ".type", rule='type')
            if not (isinstance(data__type, str) and data__type == 'LIMIT'):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".type must be one of ['LIMIT']", value=data__type, name="" + (name_prefix or "data") + ".type", rule='enum')
        if "quantity" in data_keys:
            data_keys.remove("quantity")
            data__quantity = data["quantity"]
            validate___components_schemas_positivedecimal(data__quantity, custom_formats, (name_prefix or "data") + ".quantity")
        if "limit_price" in data_keys:
            data_keys.remove("limit_price")
            data__limitprice = data["limit_price"]
            validate___components_schemas_signeddecimal(data__limitprice, custom_formats, (name_prefix or "data") + ".limit_price")
        if "time_in_force" in data_keys:
            data_keys.remove("time_in_force")
            data__timeinforce = data["time_in_force"]
            validate___components_schemas_timeinforce(data__timeinforce, custom_formats, (name_prefix or "data") + ".time_in_force")
        if "venue" in data_keys:
            data_keys.remove("venue")
            data__venue = data["venue"]
            validate___components_schemas_venue(data__venue, custom_formats, (name_prefix or "data") + ".venue")
        if "instrument_class" in data_keys:
            data_keys.remove("instrument_class")
            data__instrumentclass = data["instrument_class"]
            validate___components_schemas_instrumentclass(data__instrumentclass, custom_formats, (name_prefix or "data") + ".instrument_class")
        if data_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must not contain "+str(data_keys)+" properties", value=data, name="" + (name_prefix or "data") + "", rule='additionalProperties')
    return data

def validate___components_schemas_signeddecimal(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", rule='type')
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 22:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 22 characters", value=data, name="" + (name_prefix or "data") + "", rule='maxLength')
        if not REGEX_PATTERNS['^(-(?=[0-9.]*[1-9]))?(0|[1-9][0-9]{0,11})([.][0-9]{1,8})?$'].search(data):
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must match pattern ^(-(?=[0-9.]*[1-9]))?(0|[1-9][0-9]{0,11})([.][0-9]{1,8})?$", value=data, name="" + (name_prefix or "data") + "", rule='pattern')
    return data


limit_order = validate___components_schemas_limitorder
market_order = validate___components_schemas_marketorder
client_order_id = validate___components_schemas_clientorderid
limit = validate___components_parameters_limit_schema
next_token = validate___components_parameters_nexttoken_schema
instrument = validate___components_schemas_instrument
