using System.Buffers.Text;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace TiMix.Data.Shards;

/// <summary>A regular file in a tar: where its bytes are.</summary>
/// <param name="Name">Its bytes, a character each (<see cref="TarName"/>).</param>
/// <param name="Offset">Of its bytes in the tar.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct TarMember(string Name, long Offset, long Length);

/// <summary>
/// Walks over the headers of a tar (ustar, GNU long names, pax path and size) without reading the contents. What is complete is
/// reported in order; damage is told to the caller, and the walk goes on at the next block that is a header.
/// </summary>
internal sealed class TarScanner(SafeFileHandle file, Action<string> problem, Action<string, string> special)
{
    private const int Block = 512;
    private const int LongestName = 1 << 20;
    private readonly long _end = RandomAccess.GetLength(file);
    private readonly byte[] _window = new byte[8 * Block];
    private long _windowStart;
    private int _windowLength;

    public IEnumerable<TarMember> Members()
    {
        if (_end == 0)
        {
            problem("the file is empty; none of its samples can be used");
            yield break;
        }

        long position = 0;
        string? longName = null;
        string? paxName = null;
        long? paxSize = null;
        var lastBlockZero = false;
        while (true)
        {
            if (position + Block > _end)
            {
                if (position < _end || !lastBlockZero)
                {
                    problem(position < _end
                        ? $"cut off inside a header at byte {position}; the complete files before it are used"
                        : "ends without an end mark, perhaps cut off; the complete files in it are used");
                }

                yield break;
            }

            var header = At(position);
            if (header.IndexOfAnyExcept((byte)0) < 0)
            {
                if (lastBlockZero)
                {
                    TellRest(position + Block);
                    yield break;
                }

                lastBlockZero = true;
                position += Block;
                continue;
            }

            lastBlockZero = false;
            if (!IsHeader(header) || ParseNumber(header.Slice(124, 12)) is not (>= 0 and var size))
            {
                var next = NextHeader(position + Block);
                problem(next < 0
                    ? $"damaged at byte {position}, no header after it; the complete files before it are used"
                    : $"damaged from byte {position} to {next}; what lies between is left out");
                if (next < 0)
                {
                    yield break;
                }

                (longName, paxName, paxSize) = (null, null, null);
                position = next;
                continue;
            }

            var type = (char)header[156];
            var name = longName ?? paxName ?? NameOf(header);
            var data = position + Block;
            if (type is not ('L' or 'K' or 'x' or 'g'))
            {
                size = paxSize ?? size;
                (longName, paxName, paxSize) = (null, null, null);
            }

            if (size > _end - data)
            {
                problem($"cut off inside {TarName.Shown(name)} ({size} bytes, {_end - data} of them there); the complete files before it are used");
                yield break;
            }

            switch (type)
            {
                case '0' or '\0' or '7':
                    // Before POSIX a directory was a file whose name ends with a slash.
                    if (!name.EndsWith('/'))
                    {
                        yield return new TarMember(name, data, size);
                    }

                    break;
                case 'L':
                    longName = TarName.Of(ReadBytes(data, size));
                    break;
                case 'x':
                    (paxName, paxSize) = ReadPax(data, size);
                    break;
                case 'S':
                    special(name, "sparse file");
                    break;
                case '1' or '2':
                    // Links have no data, whatever the size field says.
                    special(name, "link");
                    size = type == '1' ? size : 0;
                    break;
                case '3' or '4' or '6':
                    special(name, "device");
                    size = 0;
                    break;
                case 'K' or 'g' or '5':
                    break;
                default:
                    special(name, $"file of type '{type}'");
                    break;
            }

            position = data + ((size + Block - 1) / Block * Block);
            if (position > _end)
            {
                position = _end;
            }
        }
    }

    /// <summary>Zeros after the end mark fill the tar up; anything else was meant to be read, such as a second tar behind the first.</summary>
    private void TellRest(long position)
    {
        for (; position < _end; position += _window.Length)
        {
            var rest = _window.AsSpan(0, (int)Math.Min(_window.Length, _end - position));
            _windowLength = 0;
            if (RandomAccess.Read(file, rest, position) is var read && rest[..read].IndexOfAnyExcept((byte)0) is >= 0 and var first)
            {
                problem($"{_end - position - first} bytes after the end mark are not read; tars are joined by tar --concatenate, not by cat");
                return;
            }
        }
    }

    private static bool IsHeader(ReadOnlySpan<byte> header)
    {
        if (ParseNumber(header.Slice(148, 8)) is not { } stored)
        {
            return false;
        }

        long unsigned = 8 * ' ', signed = 8 * ' ';
        for (var i = 0; i < Block; i++)
        {
            if (i is < 148 or >= 156)
            {
                unsigned += header[i];
                signed += (sbyte)header[i];
            }
        }

        return stored == unsigned || stored == signed;
    }

    private long NextHeader(long position)
    {
        for (; position + Block <= _end; position += Block)
        {
            var block = At(position);
            if (block.Slice(257, 5).SequenceEqual("ustar"u8) && IsHeader(block))
            {
                return position;
            }
        }

        return -1;
    }

    private static string NameOf(ReadOnlySpan<byte> header)
    {
        var name = TarName.Of(header[..100]);
        // Only POSIX headers have a prefix; GNU ones ("ustar  ") keep times there.
        if (header.Slice(257, 6).SequenceEqual("ustar\0"u8) && header[345] != 0)
        {
            return TarName.Of(header.Slice(345, 155)) + "/" + name;
        }

        return name;
    }

    /// <summary>Octal digits, or base 256 when the first bit is set (GNU, for large files). Null if neither.</summary>
    private static long? ParseNumber(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            long big = field[0] & 0x3F;
            foreach (var part in field[1..])
            {
                if (big > long.MaxValue >> 8)
                {
                    return null;
                }

                big = (big << 8) | part;
            }

            return (field[0] & 0x40) != 0 ? null : big;
        }

        var digits = field.Trim(" \0"u8);
        long value = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            value = (value << 3) | (long)(digit - (byte)'0');
        }

        return value;
    }

    private (string? Name, long? Size) ReadPax(long offset, long size)
    {
        string? name = null;
        long? length = null;
        var rest = ReadBytes(offset, size).AsSpan();
        while (rest.Length > 0)
        {
            // "LENGTH KEY=VALUE\n", LENGTH counts itself.
            if (!Utf8Parser.TryParse(rest, out int record, out var digits) || record <= digits + 1 || record > rest.Length)
            {
                problem($"a pax header at byte {offset} is damaged; the plain header is used");
                break;
            }

            var pair = rest[(digits + 1)..record];
            var equals = pair.IndexOf((byte)'=');
            if (equals > 0)
            {
                var value = TarName.Of(pair[(equals + 1)..].TrimEnd((byte)'\n'));
                if (pair[..equals].SequenceEqual("path"u8))
                {
                    name = value;
                }
                else if (pair[..equals].SequenceEqual("size"u8) && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed))
                {
                    length = parsed;
                }
            }

            rest = rest[record..];
        }

        return (name, length);
    }

    private byte[] ReadBytes(long offset, long size)
    {
        if (size > LongestName)
        {
            problem($"a header of {size} bytes at byte {offset} is too long and is left out");
            return [];
        }

        var bytes = new byte[size];
        var read = 0;
        while (read < bytes.Length)
        {
            var n = RandomAccess.Read(file, bytes.AsSpan(read), offset + read);
            if (n == 0)
            {
                break;
            }

            read += n;
        }

        return bytes;
    }

    private ReadOnlySpan<byte> At(long position)
    {
        if (position < _windowStart || position + Block > _windowStart + _windowLength)
        {
            _windowStart = position;
            _windowLength = 0;
            while (_windowLength < Block)
            {
                var n = RandomAccess.Read(file, _window.AsSpan(_windowLength), position + _windowLength);
                if (n == 0)
                {
                    throw new IOException($"the file became shorter while it was read, at byte {position}");
                }

                _windowLength += n;
            }
        }

        return _window.AsSpan((int)(position - _windowStart), Block);
    }
}
