using System.Net.Sockets;
using TiMix.Base;
using TiMix.Node.Processes;

namespace TiMix.Node.Tests.Processes;

public sealed class SurroundingsTests
{
    public static TheoryData<Exception, string> Known => new()
    {
        { new IOException("No space left on device : '/runs/a'", 28), "Make room" },
        { new InvalidOperationException("outer", new IOException("Too many open files", 24)), "ulimit -n 4096" },
        { new SocketException((int)SocketError.TooManyOpenSockets), "ulimit -n 4096" },
        { new UnauthorizedAccessException("Access to the path '/runs' is denied."), "The right to it is needed" },
        { new OutOfMemoryException(), "memory has run out" },
        { new InvalidOperationException("The trainer failed", new ExternalFailure("[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't "
            + "allocate memory: you tried to allocate 99 bytes.\n  at native code")), "fewer --threads, or more memory" },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void What_has_run_out_is_said_in_one_line_with_what_to_do(Exception failure, string advice)
    {
        var line = Surroundings.Explain(failure)!;
        Assert.Contains(advice, line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public void Anything_else_is_not_explained_away() => Assert.Null(Surroundings.Explain(new InvalidOperationException("a fault of ours")));

    private sealed class ExternalFailure(string message) : Exception(message);
}
