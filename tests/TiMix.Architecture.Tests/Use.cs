namespace TiMix.Architecture.Tests;

/// <summary>An outermost type: those inside it count for it.</summary>
/// <param name="Assembly">The assembly that it is in.</param>
/// <param name="Namespace">Its namespace; empty for the program's entry.</param>
/// <param name="Name">Its name alone.</param>
public sealed record NamedType(string Assembly, string Namespace, string Name)
{
    /// <summary>As in the source.</summary>
    public string FullName => Namespace.Length == 0 ? Name : $"{Namespace}.{Name}";
}

/// <summary>One place at which a type needs another one, of the same assembly or of anywhere else.</summary>
/// <param name="By">The type in whose source it stands; what the compiler makes of lambdas and async methods counts for it.</param>
/// <param name="At">The member in which it stands; empty for what stands at the type itself.</param>
/// <param name="Type">The type that is used.</param>
/// <param name="Member">The member of <paramref name="Type"/> that is called or read; null where the type alone is named.</param>
public sealed record Use(NamedType By, string At, NamedType Type, string? Member)
{
    /// <summary>"Doorman.Greet uses Wire.Secure".</summary>
    public override string ToString() => $"{Dotted(By.Name, At)} uses {Dotted(Type.Name, Member)}";

    private static string Dotted(string type, string? member) => string.IsNullOrEmpty(member) ? type : $"{type}.{member.TrimStart('.')}";
}
