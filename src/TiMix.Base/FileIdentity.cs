using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace TiMix.Base;

/// <summary>Which file it is, in which state: device and number, length, and the times of its last writing and of its last change of any kind.</summary>
/// <param name="Text">The same as long as nobody has written to the file, replaced it or moved it.</param>
/// <param name="ChangedAt">When it was last changed; nobody can set that time but the system.</param>
public sealed partial record FileIdentity(string Text, DateTimeOffset ChangedAt)
{
    private const int CurrentDirectory = -100;
    private const uint BasicStatistics = 0x7ff;
    private const int Inode = 32, Size = 40, Changed = 96, Modified = 112, Device = 136;

    /// <summary>That of a file; null: the system does not tell, or there is no such file.</summary>
    public static FileIdentity? Of(string path)
    {
        var told = new byte[256];
        if (!OperatingSystem.IsLinux() || statx(CurrentDirectory, path, 0, BasicStatistics, told) != 0)
        {
            return null;
        }

        long Number(int at) => BinaryPrimitives.ReadInt64LittleEndian(told.AsSpan(at));
        uint Part(int at) => BinaryPrimitives.ReadUInt32LittleEndian(told.AsSpan(at));
        string Time(int at) => FormattableString.Invariant($"{Number(at)}.{Part(at + 8):D9}");
        var changed = DateTimeOffset.FromUnixTimeSeconds(Number(Changed)).AddTicks(Part(Changed + 8) / TimeSpan.NanosecondsPerTick);
        return new FileIdentity(
            FormattableString.Invariant($"{Part(Device)}:{Part(Device + 4)} {Number(Inode)} {Number(Size)} {Time(Modified)} {Time(Changed)}"), changed);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, [Out] byte[] told);
}
