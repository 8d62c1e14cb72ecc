import corporate_directory


async def check(request, api_key):
    return await corporate_directory.user_of(api_key)
