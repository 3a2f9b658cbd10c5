using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace TiMix.Node.Operations;

/// <summary>
/// Who may do what. Everybody who reaches the port may look. Whatever changes the run needs the token, unless the port is open to
/// this machine alone; and in no case may a page of another origin, open in the user's browser, do it in the user's name. The token
/// stands in no address: the one that is printed has a code, which the page trades, once, for a cookie.
/// </summary>
/// <param name="address">That the port is bound to.</param>
/// <param name="token">For changes.</param>
internal sealed class OperationsAccess(IPAddress address, string token)
{
    /// <summary>Of the cookie of a page that has traded its code.</summary>
    public const string Cookie = "timix-session";

    private readonly byte[] _token = Encoding.UTF8.GetBytes(token);
    private readonly string _session = Drawn();
    private string? _code = Drawn();

    /// <summary>Whether changes need the token.</summary>
    public bool TokenNeeded { get; } = !IPAddress.IsLoopback(address);

    /// <summary>What stands behind the address that is printed, for the browser alone; empty: nothing needs to.</summary>
    public string Fragment => TokenNeeded ? $"/#code={_code}" : "";

    /// <summary>Trades the code for the cookie's value; null: it is wrong, or was traded before.</summary>
    public string? Trade(string? code)
    {
        var right = Volatile.Read(ref _code);
        var known = right is not null && code is not null && Same(code, Encoding.UTF8.GetBytes(right));
        return known && Interlocked.CompareExchange(ref _code, null, right) == right ? _session : null;
    }

    /// <summary>Why a request is refused; null: it is not.</summary>
    public (int Status, string Text)? Refuse(HttpRequest request)
    {
        if (!TokenNeeded && !IsThisMachine(request.Host.Host))
        {
            return (StatusCodes.Status403Forbidden, $"The host \"{request.Host.Host}\" is not this machine; ask for 127.0.0.1 or localhost.");
        }

        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return null;
        }

        if (request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase))
        {
            return (StatusCodes.Status403Forbidden, "A page of another origin may not change the run.");
        }

        return TokenNeeded && request.Path != "/api/session" && !HasToken(request) && !Same(request.Cookies[Cookie] ?? "", Encoding.UTF8.GetBytes(_session))
            ? (
                StatusCodes.Status401Unauthorized,
                "What changes the run needs the token, as \"Authorization: Bearer TOKEN\"; it is in operations.json in the run's directory.")
            : null;
    }

    private bool HasToken(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.Ordinal)
            && Same(header[Scheme.Length..].Trim(), _token);
    }

    private static bool Same(string said, byte[] right) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(said), right);

    private static string Drawn() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>A name of another machine that resolves to this one is a trick to make the browser talk to it.</summary>
    private static bool IsThisMachine(string host) => host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
